using SessionManager.AspNetCore.Benchmarks;

namespace SessionManager.AspNetCore.Cost.Tests;

/// <summary>
/// What a request may allocate for its session, beyond the same request without one. Bytes are stable where times are not. An assembly of its
/// own, because in the others somebody listens to metrics and traces.
/// </summary>
public sealed class AllocationTests
{
#if DEBUG
    // In a debug build an async method that does not wait allocates nevertheless.
    private const bool IsDebug = true;
#else
    private const bool IsDebug = false;
#endif

    [Theory]
    [InlineData(Scenario.NoCookie, 180, 180)]
    [InlineData(Scenario.Untouched, 680, 680)]
    [InlineData(Scenario.Read, 976, 976)]
    [InlineData(Scenario.Write, 2680, 4200)]
    public async Task A_request_allocates_no_more_than_it_did(Scenario scenario, int most, int mostInDebug)
    {
        var bare = await MeasureAsync(Side.Bare, scenario);
        var limit = IsDebug ? mostInDebug : most;

        Assert.InRange(await MeasureAsync(Side.Ours, scenario, enough: bare + limit) - bare, 1, limit);
    }

    [Fact]
    public async Task A_read_allocates_a_quarter_of_what_the_built_in_session_does()
    {
        var bare = await MeasureAsync(Side.Bare, Scenario.Read);

        Assert.InRange(
            (await MeasureAsync(Side.Ours, Scenario.Read) - bare) * 4, 1, await MeasureAsync(Side.BuiltIn, Scenario.Read) - bare);
    }

    [Theory]
    [InlineData(Scenario.Untouched)]
    [InlineData(Scenario.Read)]
    public async Task What_a_request_allocates_does_not_grow_with_what_is_stored(Scenario scenario)
    {
        await using var few = await RequestPipeline.StartAsync(Side.Ours, scenario, values: 10);
        await using var many = await RequestPipeline.StartAsync(Side.Ours, scenario, values: 1000);

        Assert.Contains(await CompareAsync(few, many), static difference => Math.Abs(difference) <= 16);
    }

    [Theory]
    [InlineData(Scenario.Untouched)]
    [InlineData(Scenario.Read)]
    public async Task Nor_with_how_large_the_values_are(Scenario scenario)
    {
        await using var small = await RequestPipeline.StartAsync(Side.Ours, scenario, values: 11, valueLength: 20);
        await using var large = await RequestPipeline.StartAsync(Side.Ours, scenario, values: 11, valueLength: 20_000);

        // All but the answer, which is the value.
        var answer = scenario == Scenario.Read ? 2 * (20_000 - 20) : 0;
        Assert.Contains(await CompareAsync(small, large), difference => Math.Abs(difference - answer) <= 256);
    }

    /// <summary>How many bytes more a request to the second pipeline allocates, pair by pair. One pair without a difference proves that there is none:
    /// the same code allocates less once the runtime has compiled it better, and it may do that in the middle of any pair.</summary>
    private static async Task<List<double>> CompareAsync(RequestPipeline first, RequestPipeline second)
    {
        var differences = new List<double>();
        for (var pair = 0; pair < 40; pair++)
        {
            differences.Add(await MeasureAsync(second, requests: 50) - await MeasureAsync(first, requests: 50));
        }

        return differences;
    }

    private static async Task<double> MeasureAsync(
        Side side, Scenario scenario, int values = 10, int valueLength = 20, double enough = double.MaxValue)
    {
        await using var pipeline = await RequestPipeline.StartAsync(side, scenario, values, valueLength);
        for (var i = 0; i < 100; i++)
        {
            await pipeline.SendAsync();
        }

        // The least of several: the runtime may allocate on this thread for itself, and dependency injection allocates
        // more until it has compiled, on another thread, what a request resolves.
        var least = double.MaxValue;
        for (var round = 0; round < 5 || (least > enough && round < 2_000); round++)
        {
            least = Math.Min(least, await MeasureAsync(pipeline, requests: 200));
        }

        return least;
    }

    private static async Task<double> MeasureAsync(RequestPipeline pipeline, int requests)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < requests; i++)
        {
            await pipeline.SendAsync();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)requests;
    }
}
