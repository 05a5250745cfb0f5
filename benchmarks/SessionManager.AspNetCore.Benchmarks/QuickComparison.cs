using System.Diagnostics;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>
/// The pipeline's sides in turns of a few milliseconds each, so that a noisy moment meets all of them, and the medians.
/// It is done within a minute.
/// </summary>
internal static class QuickComparison
{
    private const int Rounds = 60;
    private const int Requests = 2_000;
    private const int WarmUp = 100;

    // The time of the processor: a machine that is busy with other things distorts it less. Windows counts it in ticks
    // of 16 ms.
    private static TimeSpan TimeSpent => OperatingSystem.IsWindows()
        ? Stopwatch.GetElapsedTime(0)
        : Environment.CpuUsage.TotalTime;

    public static async Task RunAsync(bool signedIn)
    {
        var sides = Enum.GetValues<Side>();
        var table = new ComparisonTable();
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var pipelines = new List<RequestPipeline>();
            foreach (var side in Enum.GetValues<Side>())
            {
                pipelines.Add(await RequestPipeline.StartAsync(side, scenario, signedIn: signedIn));
            }

            var times = sides.Select(_ => new List<double>()).ToArray();
            var bytes = new double[sides.Length];
            for (var round = -Rounds / 2; round < Rounds; round++)
            {
                // In another order each time: a side pays for the caches that the side before it has filled.
                Random.Shared.Shuffle(sides);
                foreach (var side in sides)
                {
                    await TimeAsync(pipelines[(int)side], WarmUp);
                    var (nanoseconds, allocated) = await TimeAsync(pipelines[(int)side], Requests);
                    bytes[(int)side] = allocated;
                    if (round >= 0)
                    {
                        times[(int)side].Add(nanoseconds);
                    }
                }
            }

            table.Add(scenario, [.. times.Select(Median)], bytes);
            foreach (var pipeline in pipelines)
            {
                await pipeline.DisposeAsync();
            }
        }

        table.Write(signedIn ? "quick signed-in" : "quick");
    }

    private static async Task<(double Nanoseconds, double Bytes)> TimeAsync(RequestPipeline pipeline, int requests)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = TimeSpent;
        for (var i = 0; i < requests; i++)
        {
            await pipeline.SendAsync();
        }

        var elapsed = TimeSpent - started;
        var bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return (elapsed.TotalNanoseconds / requests, bytes / (double)requests);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
