using System.Diagnostics;
using System.Globalization;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>
/// The pipeline's sides in turns of a few milliseconds each, so that a noisy moment meets all of them, and the medians' ratios. Less exact
/// than BenchmarkDotNet, and done in seconds: for working on it.
/// </summary>
internal static class QuickComparison
{
    private const int Rounds = 60;
    private const int Requests = 2_000;

    public static async Task RunAsync(string[] arguments)
    {
        var signedIn = arguments.Contains("signed-in", StringComparer.Ordinal);
        Console.WriteLine("| request | bare | built-in | ours | time: built-in / ours | bytes: bare | built-in | ours | built-in / ours |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var sides = Enum.GetValues<Side>();
            var pipelines = new RequestPipeline[sides.Length];
            foreach (var side in sides)
            {
                pipelines[(int)side] = await RequestPipeline.StartAsync(side, scenario, signedIn: signedIn);
                for (var i = 0; i < 50; i++)
                {
                    await TimeAsync(pipelines[(int)side], 200);
                }
            }

            await Task.Delay(300);
            var times = sides.Select(_ => new List<double>()).ToArray();
            var bytes = new double[sides.Length];
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var side in sides)
                {
                    var (nanoseconds, allocated) = await TimeAsync(pipelines[(int)side], Requests);
                    times[(int)side].Add(nanoseconds);
                    bytes[(int)side] = allocated;
                }
            }

            var (bare, builtIn, ours) = (Median(times[0]), Median(times[1]), Median(times[2]));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {scenario} | {bare:0} ns | {builtIn - bare:+0} ns | {ours - bare:+0} ns | {(builtIn - bare) / (ours - bare):0.0} | {bytes[0]:0} | {bytes[1] - bytes[0]:+0} | {bytes[2] - bytes[0]:+0} | {(bytes[1] - bytes[0]) / (bytes[2] - bytes[0]):0.0} |"));
            foreach (var pipeline in pipelines)
            {
                await pipeline.DisposeAsync();
            }
        }
    }

    private static async Task<(double Nanoseconds, double Bytes)> TimeAsync(RequestPipeline pipeline, int requests)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < requests; i++)
        {
            await pipeline.SendAsync();
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        return (elapsed.TotalNanoseconds / requests, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)requests);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
