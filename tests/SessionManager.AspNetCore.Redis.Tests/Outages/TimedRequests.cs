using System.Collections.Concurrent;
using System.Diagnostics;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>Requests that go on through an outage, with a session and without, and how long the slowest took.</summary>
internal sealed class TimedRequests
{
    private readonly ConcurrentDictionary<string, TimeSpan> _slowest = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, int> _statuses = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _succeeded;

    /// <param name="node">The node that is asked.</param>
    /// <param name="browser">A browser whose session exists.</param>
    public TimedRequests(App node, Browser browser)
    {
        var sends = new Dictionary<string, Func<Task<HttpResponseMessage>>>(StringComparer.Ordinal)
        {
            ["nothing"] = () => node.NewBrowser().GetAsync("/plain"),
            ["no session"] = () => node.NewBrowser().GetAsync("/me"),
            ["read"] = () => browser.Clone().GetAsync("/me"),
            ["write"] = () => browser.Clone().PostAsync("/value?key=a&value=1"),
            ["update"] = () => browser.Clone().PostAsync("/increment"),
            ["begin"] = () => node.NewBrowser().PostAsync("/value?key=a&value=1"),
            ["sign in"] = () => node.NewBrowser().PostAsync("/sign-in", new Entry("user", $"{Guid.NewGuid()}")),
        };
        _running = Task.WhenAll(sends.Select(send => Task.Run(() => SendAsync(send.Key, send.Value))));
    }

    /// <summary>Completes when so many requests more have succeeded.</summary>
    public async Task WaitForAsync(int more)
    {
        var enough = _succeeded + more;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var patience = new CancellationTokenSource(Node.Patience);
        while (_succeeded < enough)
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Without a session nobody waited, with one nobody waited longer than two timeouts; and no answer was
    /// another than success or 503.</summary>
    public void AssertInTime()
    {
        var told = string.Join(", ", _slowest.Select(static it => $"{it.Key} {it.Value.TotalSeconds:0.00} s"));
        Assert.True(_slowest["nothing"] < OutageNode.Timeout, told);
        Assert.True(_slowest["no session"] < OutageNode.Timeout, told);
        Assert.True(_slowest.Values.Max() < OutageNode.Bound, told);
        Assert.All(_statuses.Keys, static status => Assert.True(status is 200 or 503, $"{status}"));
        Assert.Contains(503, _statuses.Keys);
        TestContext.Current.SendDiagnosticMessage(told);
    }

    private async Task SendAsync(string name, Func<Task<HttpResponseMessage>> send)
    {
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            var status = await send().StatusAsync();
            var elapsed = Stopwatch.GetElapsedTime(started);
            _slowest.AddOrUpdate(name, elapsed, (_, slowest) => elapsed > slowest ? elapsed : slowest);
            _statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
            if (status == 200 && name is "read" or "write")
            {
                Interlocked.Increment(ref _succeeded);
            }

            await Task.Delay(10);
        }
    }
}
