using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>A request that reads one value, of sessions with few values and with many.</summary>
[MemoryDiagnoser]
public class GrowthBenchmarks
{
    private RequestPipeline? _pipeline;

    /// <summary>How many values the session has.</summary>
    [Params(10, 100, 1000)]
    public int Values { get; set; }

    /// <summary>Whose session it is.</summary>
    [Params(Side.BuiltIn, Side.Ours)]
    public Side Side { get; set; }

    /// <summary>Begins the session.</summary>
    [GlobalSetup]
    public async Task SetUpAsync() => _pipeline = await RequestPipeline.StartAsync(Side, Scenario.Read, Values);

    /// <summary>One request.</summary>
    [Benchmark]
    public Task RequestAsync() => _pipeline!.SendAsync();

    /// <summary>Ends it.</summary>
    [GlobalCleanup]
    public async Task CleanUpAsync() => await _pipeline!.DisposeAsync();

    internal static void Write(Summary summary)
    {
        var table = new ResultTable("values", "built-in", "ours", "ours, to ten values");
        foreach (var values in (int[])[10, 100, 1000])
        {
            table.Add($"{values}", $"{Of(values, Side.BuiltIn):0} ns", $"{Of(values, Side.Ours):0} ns", $"**{Of(values, Side.Ours) / Of(10, Side.Ours):0.00}**");
        }

        table.Write("growth");

        double Of(int values, Side side) => summary.Reports.Single(report =>
            (int)report.BenchmarkCase.Parameters[nameof(Values)] == values && (Side)report.BenchmarkCase.Parameters[nameof(Side)] == side).ResultStatistics!.Median;
    }
}
