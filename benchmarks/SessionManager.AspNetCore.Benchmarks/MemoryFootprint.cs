using System.Globalization;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>What living sessions take in the memory store, beside those of the built-in session: five values each, together 200 bytes of keys and
/// values, begun by requests.</summary>
internal static class MemoryFootprint
{
    private const int Values = 5;
    private const int ValueLength = 34;
    private const int Payload = Values * (6 + ValueLength);

    public static async Task RunAsync(string[] arguments)
    {
        var sessions = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1_000_000;
        Console.WriteLine("| store | sessions | payload of one | bytes of one | target |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var side in (Side[])[Side.BuiltIn, Side.Ours])
        {
            var bytes = await MeasureAsync(side, sessions);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {side} | {sessions} | {Payload} | {bytes:0} | {(side == Side.Ours ? $"{(1.3 * Payload) + 500:0}" : "")} |"));
        }
    }

    private static async Task<double> MeasureAsync(Side side, int sessions)
    {
        var text = new string('x', ValueLength);
        string[] keys = [.. Enumerable.Range(0, Values).Select(i => string.Create(CultureInfo.InvariantCulture, $"value{i}"))];
        await using var pipeline = await RequestPipeline.StartAsync(side, Scenario.NoCookie, custom: context =>
        {
            foreach (var key in keys)
            {
                context.Session.SetString(key, text);
            }

            return Task.CompletedTask;
        });
        await pipeline.SendAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true); Console.Error.WriteLine($"before {before}");
        for (var i = 0; i < sessions; i++)
        {
            await pipeline.SendAsync();
        }

        if (pipeline.Services.GetService(typeof(ISessionDirectory)) is ISessionDirectory directory)
        {
            var count = 0;
            await foreach (var _ in directory.ListAsync())
            {
                if (count++ < 2) { Console.Error.WriteLine($"{_.SessionId}: {((Microsoft.Extensions.Caching.Distributed.IDistributedCache)pipeline.Services.GetService(typeof(Microsoft.Extensions.Caching.Distributed.IDistributedCache))!).Get("session:" + Guid.Parse(_.SessionId).ToString("N"))?.Length}"); }
            }

            Console.Error.WriteLine($"{count} listed; {((Microsoft.Extensions.Caching.Memory.MemoryCache)typeof(Microsoft.Extensions.Caching.Distributed.MemoryDistributedCache).GetField("_memCache", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(pipeline.Services.GetService(typeof(Microsoft.Extensions.Caching.Distributed.IDistributedCache)))!).Count} in the cache; {GC.GetTotalMemory(true) - before}");
        }

        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)sessions;
    }
}
