using System.Net;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Many sessions at once are each other's strangers.</summary>
public sealed class ManyUsersTests
{
    [Fact]
    public async Task A_thousand_users_in_parallel_each_only_ever_see_their_own_marker()
    {
        await using var app = await ScriptedApp.StartAsync();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1000),
            new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = TestContext.Current.CancellationToken },
            async (i, _) =>
            {
                var browser = await app.NewBrowserAsync($"set:marker:{i}");
                Assert.Equal($"nobody: marker={i}", await browser.StateAsync());
                Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync($"in:user{i},add:n"));
                Assert.Equal($"user{i}: marker={i} n=1", await browser.StateAsync());
                Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync("rotate,add:n"));
                Assert.Equal($"user{i}: marker={i} n=2", await browser.StateAsync());
                Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync(i % 2 == 0 ? "out" : "destroy"));
                Assert.Equal(i % 2 == 0 ? $"nobody: marker={i} n=2" : "nobody:", await browser.StateAsync());
            });
    }
}
