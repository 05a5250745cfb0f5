using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>The stores alone, with a session of ten values. Redis is measured when the variable REDIS says where it is (host:port).</summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    private static readonly byte[] Secret = new byte[32];

    private readonly Dictionary<string, SessionValue?> _change = new(StringComparer.Ordinal)
    {
        ["value5"] = new SessionValue(SessionValueKind.Int32, new byte[4]),
    };

    private ServiceProvider? _services;
    private ISessionRecords? _store;
    private Guid _id;

    /// <summary>The stores there are.</summary>
    public static IEnumerable<string> Stores => Environment.GetEnvironmentVariable("REDIS") is null ? ["memory"] : ["memory", "Redis"];

    /// <summary>Which store.</summary>
    [ParamsSource(nameof(Stores))]
    public string Store { get; set; } = "";

    /// <summary>Begins the session.</summary>
    [GlobalSetup]
    public async Task SetUpAsync()
    {
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        var session = collection.AddSessionManager();
        if (Store == "Redis")
        {
            session.AddRedisStore(Environment.GetEnvironmentVariable("REDIS")!);
        }

        _services = collection.BuildServiceProvider();
        _store = _services.GetRequiredService<ISessionRecords>();
        _id = Guid.NewGuid();
        await _store.CommitAsync(new SessionCommit
        {
            Id = _id,
            Now = DateTimeOffset.UtcNow,
            Creates = true,
            Secret = new SessionSecretChange(Secret, default, Required: true),
            Values = Enumerable.Range(0, 10).ToDictionary(
                i => FormattableString.Invariant($"value{i}"), _ => (SessionValue?)new SessionValue(SessionValueKind.Bytes, new byte[20]), StringComparer.Ordinal),
        });
    }

    /// <summary>Loads the session.</summary>
    [Benchmark]
    public async Task<SessionLookup> LoadAsync() => await _store!.LoadAsync(_id, new RecordTouch(Secret, DateTimeOffset.UtcNow, Allowed: true));

    /// <summary>Changes a value.</summary>
    [Benchmark]
    public async Task<SessionCommitResult> CommitAsync() =>
        await _store!.CommitAsync(new SessionCommit { Id = _id, Now = DateTimeOffset.UtcNow, Values = _change });

    /// <summary>Ends it.</summary>
    [GlobalCleanup]
    public async Task CleanUpAsync() => await _services!.DisposeAsync();

    internal static void Write(Summary summary)
    {
        var table = new ResultTable("store", "operation", "time", "bytes allocated");
        foreach (var report in summary.Reports)
        {
            table.Add(
                $"{report.BenchmarkCase.Parameters[nameof(Store)]}", $"{report.BenchmarkCase.Descriptor.WorkloadMethod.Name.Replace("Async", "", StringComparison.Ordinal)}",
                $"{report.ResultStatistics!.Median / 1000:0.00} µs", $"{report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)}");
        }

        table.Write("stores");
    }
}
