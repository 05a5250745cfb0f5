using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>A process dies under load: what was acknowledged is there afterwards.</summary>
public sealed class CrashTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SessionDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_killed_among_writes_loses_none_that_was_acknowledged(bool hasSurvivor)
    {
        var before = hasSurvivor ? await NodeApp.StartAsync(_database) : null;
        await using var victim = await NodeProcess.StartAsync(_database);
        var browser = victim.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        var acknowledged = new ConcurrentQueue<string>();

        await LoadUntilKilledAsync(victim, async (writer, i) =>
        {
            var key = $"writer-{writer}-{i}";
            await browser.Clone().DoAsync($"/value?key={key}&value={key}");
            acknowledged.Enqueue(key);
            return acknowledged.Count;
        });

        // Without a survivor, the next process finds the log of the one that was killed.
        await using var survivor = before ?? await NodeApp.StartAsync(_database);
        Assert.Empty(acknowledged.Except(await browser.On(survivor).KeysAsync()));
        Assert.Equal(acknowledged.Last(), await browser.On(survivor).ReadAsync($"/value?key={acknowledged.Last()}"));
        await browser.On(survivor).DoAsync("/value?key=after&value=1");
        Assert.Equal("ok", _database.Execute("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task A_process_killed_among_increments_loses_none_that_was_acknowledged()
    {
        await using var survivor = await NodeApp.StartAsync(_database);
        await using var victim = await NodeProcess.StartAsync(_database);
        var browser = victim.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        var acknowledged = new ConcurrentBag<int>();

        await LoadUntilKilledAsync(victim, async (_, _) =>
        {
            acknowledged.Add(int.Parse(await browser.Clone().DoAsync("/increment"), CultureInfo.InvariantCulture));
            return acknowledged.Count;
        });

        // Each caller may have one more stored than it heard of.
        var next = int.Parse(await browser.On(survivor).DoAsync("/increment"), CultureInfo.InvariantCulture);
        Assert.InRange(next, acknowledged.Max() + 1, acknowledged.Max() + 5);
    }

    [Fact]
    public async Task Everybody_is_still_signed_in_after_a_restart()
    {
        var browser = new Browser(new HttpClient(), "sid");
        await using (var first = await NodeApp.StartAsync(_database))
        {
            browser = browser.On(first);
            await browser.DoAsync("/sign-in?user=ann");
            await browser.DoAsync("/value?key=cart&value=full");
        }

        await using var second = await NodeApp.StartAsync(_database);
        Assert.Equal(
            ("ann", "full"),
            (await browser.On(second).ReadAsync("/me"), await browser.On(second).ReadAsync("/value?key=cart")));
    }

    /// <summary>Four callers call until the process dies, which it does when enough calls were acknowledged.</summary>
    private static async Task LoadUntilKilledAsync(NodeProcess victim, Func<int, int, Task<int>> call)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Task.WhenAll(Enumerable.Range(0, 4).Select(async caller =>
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    if (await call(caller, i) >= 200)
                    {
                        enough.TrySetResult();
                    }
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
            {
                // The process is gone.
            }
        }));
        await enough.Task.WaitAsync(Patience);
        await victim.KillAsync();
        await callers;
    }
}
