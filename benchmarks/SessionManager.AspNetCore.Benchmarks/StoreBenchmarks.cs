using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>The rules over a store, without a request, with a session of ten values. Redis is measured when the
/// variable REDIS says where it is (host:port).</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>?> _change = new(StringComparer.Ordinal)
    {
        ["value5"] = SessionValue.Of(SessionValueKind.Int32, new byte[4]).Stored,
    };

    private ServiceProvider? _services;
    private SessionRepository? _sessions;
    private SessionRecord? _record;

    /// <summary>The stores there are.</summary>
    public static IEnumerable<string> Stores =>
        Environment.GetEnvironmentVariable("REDIS") is null ? ["memory"] : ["memory", "Redis"];

    /// <summary>Which store.</summary>
    [ParamsSource(nameof(Stores))]
    public string Store { get; set; } = "";

    /// <summary>Begins the session.</summary>
    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var collection = new ServiceCollection();
        collection.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.Warning));
        collection.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        var session = collection.AddSessionManager();
        if (Store == "Redis")
        {
            session.AddRedisStore(Environment.GetEnvironmentVariable("REDIS")!);
        }

        _services = collection.BuildServiceProvider();
        _sessions = _services.GetRequiredService<SessionRepository>();
        await CommitAsync(new SessionCommit
        {
            Id = Guid.NewGuid(),
            Now = DateTimeOffset.UtcNow,
            Secret = new SessionSecretChange(new byte[32], default, Required: true),
            Values = Enumerable.Range(0, 10).ToDictionary(
                static i => string.Create(CultureInfo.InvariantCulture, $"value{i}"),
                static _ => (ReadOnlyMemory<byte>?)SessionValue.Of(SessionValueKind.Bytes, new byte[20]).Stored,
                StringComparer.Ordinal),
        });
    }

    /// <summary>Loads the session.</summary>
    [Benchmark]
    public async Task<int> LoadAsync() =>
        (await _sessions!.LoadAsync(_record!.Id, CancellationToken.None)).Record!.Values.Count;

    /// <summary>Changes a value of the session as the last change has left it.</summary>
    [Benchmark]
    public Task CommitAsync() => CommitAsync(new SessionCommit
    {
        Id = _record!.Id,
        Now = DateTimeOffset.UtcNow,
        Base = _record,
        Values = _change,
    });

    /// <summary>Ends the application.</summary>
    [GlobalCleanup]
    public async Task CleanUpAsync() => await _services!.DisposeAsync();

    internal static void Write(Summary summary)
    {
        var table = new ResultTable("store", "operation", "time", "bytes allocated");
        foreach (var report in summary.Reports)
        {
            var method = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
            table.Add(
                $"{report.BenchmarkCase.Parameters[nameof(Store)]}",
                $"{method.Replace("Async", "", StringComparison.Ordinal)}",
                $"{report.ResultStatistics!.Median / 1000:0.00} µs",
                $"{report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)}");
        }

        table.Write("stores");
    }

    private async Task CommitAsync(SessionCommit commit)
    {
        var result = await _sessions!.CommitAsync(commit, CancellationToken.None);
        if (result.Outcome != SessionCommitOutcome.Committed)
        {
            throw new InvalidOperationException($"The commit was refused: {result.Outcome}.");
        }

        _record = result.AfterOf(commit);
    }
}
