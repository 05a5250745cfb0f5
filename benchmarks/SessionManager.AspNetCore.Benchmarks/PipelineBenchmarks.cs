using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>A request through the pipeline, without a server: no session, the floor, the built-in one and this
/// one.</summary>
[MemoryDiagnoser]
public class PipelineBenchmarks
{
    private RequestPipeline? _pipeline;

    /// <summary>What the request does.</summary>
    [ParamsAllValues]
    public Scenario Scenario { get; set; }

    /// <summary>Whose session there is.</summary>
    [ParamsAllValues]
    public Side Side { get; set; }

    /// <summary>Begins the session.</summary>
    [GlobalSetup]
    public async Task SetUpAsync() => _pipeline = await RequestPipeline.StartAsync(Side, Scenario);

    /// <summary>One request.</summary>
    [Benchmark]
    public Task RequestAsync() => _pipeline!.SendAsync();

    /// <summary>Ends it.</summary>
    [GlobalCleanup]
    public async Task CleanUpAsync() => await _pipeline!.DisposeAsync();

    internal static void Write(Summary summary)
    {
        var table = new ComparisonTable();
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            BenchmarkReport[] reports = [.. Enum.GetValues<Side>().Select(side => ReportOf(summary, scenario, side))];
            table.Add(
                scenario,
                [.. reports.Select(static report => report.ResultStatistics!.Median)],
                [.. reports.Select(static report =>
                    (double)report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)!)]);
        }

        table.Write("pipeline");
    }

    private static BenchmarkReport ReportOf(Summary summary, Scenario scenario, Side side) =>
        summary.Reports.Single(report =>
            report.BenchmarkCase.Parameters[nameof(Scenario)] is Scenario its && its == scenario
            && report.BenchmarkCase.Parameters[nameof(Side)] is Side whose && whose == side);
}
