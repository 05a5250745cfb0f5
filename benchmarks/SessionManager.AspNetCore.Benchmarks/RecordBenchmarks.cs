using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>The stored form alone: reading a cache entry and its header, reading a value, changing a value.</summary>
[MemoryDiagnoser]
public class RecordBenchmarks
{
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(60);

    private string _key = "";
    private byte[] _stored = [];
    private SessionWrite? _change;

    /// <summary>How many values the session has.</summary>
    [Params(1, 10, 1000)]
    public int Values { get; set; }

    /// <summary>How many bytes the values have together.</summary>
    [Params(1024, 1_048_576)]
    public int Bytes { get; set; }

    /// <summary>Writes the record.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var value = SessionValue.Of(SessionValueKind.Bytes, new byte[Math.Max(1, Bytes / Values)]).Stored;
        var values = Enumerable.Range(0, Values).ToDictionary(
            static i => string.Create(CultureInfo.InvariantCulture, $"value{i}"),
            _ => (ReadOnlyMemory<byte>?)value,
            StringComparer.Ordinal);
        var header = HeaderEncoder.Encode(CommitRules.Create(new SessionCommit
        {
            Id = Id,
            Now = Now,
            Secret = new SessionSecretChange(new byte[32], default, Required: true),
        }));
        _stored = CacheRecord.Encode(NewWrite(header, 0, 1, values), default, Now.ToUnixTimeMilliseconds());
        _key = string.Create(CultureInfo.InvariantCulture, $"value{Values / 2}");
        _change = NewWrite(header, 1, 2, new(StringComparer.Ordinal)
        {
            [_key] = SessionValue.Of(SessionValueKind.Int32, new byte[4]).Stored,
        });
    }

    /// <summary>Reads the record and its header.</summary>
    [Benchmark]
    public object Load() => Decode();

    /// <summary>Reads the record, its header and a value.</summary>
    [Benchmark]
    public int LoadAndRead() => Decode().Values[_key].Length;

    /// <summary>Changes a value.</summary>
    [Benchmark]
    public object Change() => RecordSwap.Of(_change!, _stored).Record!;

    internal static void Write(Summary summary)
    {
        var table = new ResultTable(
            "values", "together", "load", "load, and read one", "bytes allocated", "change one to 4 bytes");
        foreach (var group in summary.Reports.GroupBy(static report => (
            Values: (int)report.BenchmarkCase.Parameters[nameof(Values)],
            Bytes: (int)report.BenchmarkCase.Parameters[nameof(Bytes)])))
        {
            var of = group.ToDictionary(
                static report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name, StringComparer.Ordinal);
            var read = of[nameof(LoadAndRead)];
            table.Add(
                $"{group.Key.Values}",
                $"{group.Key.Bytes / 1024} KB",
                $"{of[nameof(Load)].ResultStatistics!.Median:0} ns",
                $"{read.ResultStatistics!.Median:0} ns",
                $"{read.GcStats.GetBytesAllocatedPerOperation(read.BenchmarkCase)}",
                $"{of[nameof(Change)].ResultStatistics!.Median:0} ns");
        }

        table.Write("records");
    }

    private static SessionWrite NewWrite(
        byte[] header, long expected, long version, Dictionary<string, ReadOnlyMemory<byte>?> values) => new()
        {
            Id = Id,
            ExpectedVersion = expected,
            NewVersion = version,
            Header = header,
            LastSeenAt = Now,
            StartedAt = Now,
            Now = Now,
            KeepUntil = Now.AddHours(1),
            IndexUntil = Now.AddHours(1),
            Values = values,
        };

    private SessionRecord Decode()
    {
        CacheRecord.Read(Id, _stored, out var record);
        return HeaderCodec.Decode(record.ToSession(damaged: null)).Record!;
    }
}
