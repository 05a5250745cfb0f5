using System.Diagnostics;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>
/// The pipeline's sides in turns of a few milliseconds each, so that a noisy moment meets all of them, and the ratio of the medians: done in
/// seconds, for working on it.
/// </summary>
internal static class QuickComparison
{
    private const int Rounds = 60;
    private const int Requests = 2_000;

    public static async Task RunAsync(bool signedIn)
    {
        var sides = Enum.GetValues<Side>();
        Console.WriteLine("| request | no session | built-in | ours | time: built-in / ours | bytes: built-in | ours | built-in / ours |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var pipelines = new List<RequestPipeline>();
            foreach (var side in sides)
            {
                pipelines.Add(await RequestPipeline.StartAsync(side, scenario, signedIn: signedIn));
            }

            var times = sides.Select(_ => new List<double>()).ToArray();
            var bytes = new double[sides.Length];
            for (var round = -Rounds / 2; round < Rounds; round++)
            {
                foreach (var side in sides)
                {
                    var (nanoseconds, allocated) = await TimeAsync(pipelines[(int)side]);
                    bytes[(int)side] = allocated;
                    if (round >= 0)
                    {
                        times[(int)side].Add(nanoseconds);
                    }
                }
            }

            var (bare, builtIn, ours) = (Median(times[0]), Median(times[1]), Median(times[2]));
            Console.WriteLine(FormattableString.Invariant(
                $"| {scenario} | {bare:0} ns | {builtIn - bare:+0} | {ours - bare:+0} | {(builtIn - bare) / (ours - bare):0.0} | {bytes[1] - bytes[0]:+0} | {bytes[2] - bytes[0]:+0} | {(bytes[1] - bytes[0]) / (bytes[2] - bytes[0]):0.0} |"));
            foreach (var pipeline in pipelines)
            {
                await pipeline.DisposeAsync();
            }
        }
    }

    private static async Task<(double Nanoseconds, double Bytes)> TimeAsync(RequestPipeline pipeline)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Requests; i++)
        {
            await pipeline.SendAsync();
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        return (elapsed.TotalNanoseconds / Requests, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Requests);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
