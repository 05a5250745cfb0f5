using System.Globalization;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>What living sessions take in the memory store, beside those of the built-in session, begun by requests: one value, or five, together
/// 200 bytes with their keys.</summary>
internal static class MemoryFootprint
{
    private const int Payload = 200;

    public static async Task RunAsync(int sessions)
    {
        var pipelines = new List<RequestPipeline>();
        var table = new ResultTable("sessions", "values of one", "payload of one", "bytes of one: built-in", "ours", "1.3 x payload + 500");
        foreach (var values in (int[])[1, 5])
        {
            var builtIn = await MeasureAsync(Side.BuiltIn, sessions, values, pipelines);
            var ours = await MeasureAsync(Side.Ours, sessions, values, pipelines);
            table.Add($"{sessions:N0}", $"{values}", $"{Payload}", $"{builtIn:0}", $"**{ours:0}**", $"{(1.3 * Payload) + 500:0}");
        }

        // Until here, so that the end of one is not taken off another.
        foreach (var pipeline in pipelines)
        {
            await pipeline.DisposeAsync();
        }

        table.Write("memory");
    }

    private static async Task<double> MeasureAsync(Side side, int sessions, int values, List<RequestPipeline> pipelines)
    {
        string[] keys = [.. Enumerable.Range(0, values).Select(i => string.Create(CultureInfo.InvariantCulture, $"value{i}"))];
        var text = new string('x', (Payload / values) - keys[0].Length);
        var pipeline = await RequestPipeline.StartAsync(side, Scenario.NoCookie, custom: context =>
        {
            foreach (var key in keys)
            {
                context.Session.SetString(key, text);
            }

            return Task.CompletedTask;
        });
        pipelines.Add(pipeline);
        await pipeline.SendAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < sessions; i++)
        {
            await pipeline.SendAsync();
        }

        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)sessions;
    }
}
