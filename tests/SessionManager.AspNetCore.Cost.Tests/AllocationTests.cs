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
    [InlineData(Scenario.Untouched, 840, 840)]
    [InlineData(Scenario.Read, 1120, 1120)]
    [InlineData(Scenario.Write, 2800, 4250)]
    public async Task A_request_allocates_no_more_than_it_did(Scenario scenario, int most, int mostInDebug)
    {
        var ours = await MeasureAsync(Side.Ours, scenario) - await MeasureAsync(Side.Bare, scenario);

        Assert.InRange(ours, 1, IsDebug ? mostInDebug : most);
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
        var few = await MeasureAsync(Side.Ours, scenario, values: 10);

        Assert.Equal(few, await MeasureAsync(Side.Ours, scenario, values: 1000), tolerance: 16);
    }

    [Theory]
    [InlineData(Scenario.Untouched)]
    [InlineData(Scenario.Read)]
    public async Task Nor_with_how_large_the_values_are(Scenario scenario)
    {
        var small = await MeasureAsync(Side.Ours, scenario, values: 11, valueLength: 20);

        // All but the answer, which is the value.
        var large = await MeasureAsync(Side.Ours, scenario, values: 11, valueLength: 20_000);
        Assert.Equal(small + (scenario == Scenario.Read ? 2 * (20_000 - 20) : 0), large, tolerance: 256);
    }

    private static async Task<double> MeasureAsync(Side side, Scenario scenario, int values = 10, int valueLength = 20)
    {
        await using var pipeline = await RequestPipeline.StartAsync(side, scenario, values, valueLength);
        for (var i = 0; i < 100; i++)
        {
            await pipeline.SendAsync();
        }

        // The least of several: the runtime may allocate on this thread for itself.
        var least = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            const int Requests = 200;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Requests; i++)
            {
                await pipeline.SendAsync();
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Requests);
        }

        return least;
    }
}
