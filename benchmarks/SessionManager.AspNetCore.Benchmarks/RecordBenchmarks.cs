using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>The stored form: loading it, reading a value of it, changing one.</summary>
[MemoryDiagnoser]
public class RecordBenchmarks
{
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(60);

    private readonly Dictionary<string, SessionValue?> _change = new(StringComparer.Ordinal);
    private string _key = "";
    private byte[] _stored = [];
    private PackedValues _values = PackedValues.Empty;

    /// <summary>How many values the session has.</summary>
    [Params(1, 10, 1000)]
    public int Values { get; set; }

    /// <summary>How many bytes they have together.</summary>
    [Params(1024, 1_048_576)]
    public int Bytes { get; set; }

    /// <summary>Writes the record.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        var value = new SessionValue(SessionValueKind.Bytes, new byte[Math.Max(1, Bytes / Values)]);
        var values = Enumerable.Range(0, Values).ToDictionary(
            i => string.Create(CultureInfo.InvariantCulture, $"value{i}"), _ => (SessionValue?)value, StringComparer.Ordinal);
        var record = CommitRules.Create(new SessionCommit
        {
            Id = Id,
            Now = Now,
            Creates = true,
            Secret = new SessionSecretChange(new byte[32], default, Required: true),
            Values = values,
        });
        _stored = RecordCodec.Encode(record, PackedValues.Empty, new PackedChanges(values));
        _values = (PackedValues)RecordCodec.Decode(Id, _stored).Record!.Values;
        _key = string.Create(CultureInfo.InvariantCulture, $"value{Values / 2}");
        _change[_key] = new SessionValue(SessionValueKind.Int32, new byte[4]);
    }

    /// <summary>Loads it.</summary>
    [Benchmark]
    public SessionLookup Load() => RecordCodec.Decode(Id, _stored);

    /// <summary>Loads it, and reads a value.</summary>
    [Benchmark]
    public SessionValue LoadAndRead() => RecordCodec.Decode(Id, _stored).Record!.Values[_key];

    /// <summary>Changes a value.</summary>
    [Benchmark]
    public byte[] Change() => RecordCodec.WithValues(_values.Header, Now, _values, new PackedChanges(_change));

    internal static void Write(Summary summary)
    {
        var table = new ResultTable("values", "together", "load", "load, and read one", "bytes allocated", "change one of 4 bytes");
        foreach (var group in summary.Reports.GroupBy(report => (Values: (int)report.BenchmarkCase.Parameters[nameof(Values)], Bytes: (int)report.BenchmarkCase.Parameters[nameof(Bytes)])))
        {
            var of = group.ToDictionary(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name, StringComparer.Ordinal);
            table.Add(
                $"{group.Key.Values}", $"{group.Key.Bytes / 1024} KB", $"{of[nameof(Load)].ResultStatistics!.Median:0} ns", $"{of[nameof(LoadAndRead)].ResultStatistics!.Median:0} ns",
                $"{of[nameof(LoadAndRead)].GcStats.GetBytesAllocatedPerOperation(of[nameof(LoadAndRead)].BenchmarkCase)}", $"{of[nameof(Change)].ResultStatistics!.Median:0} ns");
        }

        table.Write("records");
    }
}
