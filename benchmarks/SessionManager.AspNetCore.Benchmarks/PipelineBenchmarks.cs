using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Reports;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>A request through the pipeline, without a server: no session, the built-in one and this one.</summary>
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
        var table = new ResultTable(
            "request", "no session", "built-in adds", "ours adds", "time: built-in / ours", "bytes: built-in adds", "ours adds", "built-in / ours");
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var ((bare, builtIn, ours), (bareBytes, builtInBytes, oursBytes)) =
                (Of(report => report.ResultStatistics!.Median), Of(report => (double)report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)!));
            table.Add(
                $"{NameOf(scenario)}", $"{bare:0} ns", $"{builtIn - bare:0} ns", $"{ours - bare:0} ns", $"**{(builtIn - bare) / (ours - bare):0.0}**",
                $"{builtInBytes - bareBytes:0}", $"{oursBytes - bareBytes:0}", $"**{(builtInBytes - bareBytes) / (oursBytes - bareBytes):0.0}**");

            (double Bare, double BuiltIn, double Ours) Of(Func<BenchmarkReport, double> figure)
            {
                var values = Enum.GetValues<Side>().Select(side => figure(summary.Reports.Single(report =>
                    report.BenchmarkCase.Parameters[nameof(Scenario)] is Scenario its && its == scenario
                    && report.BenchmarkCase.Parameters[nameof(Side)] is Side whose && whose == side))).ToArray();
                return (values[0], values[1], values[2]);
            }
        }

        table.Write("pipeline");
    }

    private static string NameOf(Scenario scenario) => scenario switch
    {
        Scenario.NoCookie => "without a cookie",
        Scenario.Untouched => "that leaves its session alone",
        Scenario.Read => "that reads one of ten values",
        _ => "that changes one of ten values",
    };
}
