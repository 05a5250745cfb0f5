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
    [ParamsAllValues]
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
        var table = new ResultTable(
            "values", "floor adds", "built-in adds", "ours adds", "ours / floor", "ours, to ten values");
        foreach (var values in (int[])[10, 100, 1000])
        {
            var (floor, ours) = (AddedBy(Side.Floor, values), AddedBy(Side.Ours, values));
            table.Add(
                $"{values}",
                $"{floor:0} ns",
                $"{AddedBy(Side.BuiltIn, values):0} ns",
                $"{ours:0} ns",
                $"**{ours / floor:0.00}**",
                $"**{ours / AddedBy(Side.Ours, 10):0.00}**");
        }

        table.Write("growth");

        double AddedBy(Side side, int values) => TimeOf(side, values) - TimeOf(Side.Bare, values);

        double TimeOf(Side side, int values) => summary.Reports.Single(report =>
            (int)report.BenchmarkCase.Parameters[nameof(Values)] == values
            && (Side)report.BenchmarkCase.Parameters[nameof(Side)] == side).ResultStatistics!.Median;
    }
}
