using System.Collections.Concurrent;
using System.Net;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>Writers that store one value after another in one session, each under a key of its own, and remember what was acknowledged.</summary>
internal sealed class Writers
{
    /// <summary>How many write at once.</summary>
    public const int Count = 4;

    private readonly ConcurrentQueue<string> _acknowledged = new();
    private readonly ConcurrentDictionary<HttpStatusCode, int> _others = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(int Number, TaskCompletionSource Reached)> _marks = [];
    private readonly Task _running;

    /// <param name="browser">A browser whose session exists.</param>
    public Writers(Browser browser) =>
        _running = Task.WhenAll(Enumerable.Range(0, Count).Select(writer => Task.Run(() => WriteAsync(writer, browser.Clone()))));

    /// <summary>The keys whose writes were answered with success.</summary>
    public IReadOnlyCollection<string> Acknowledged => _acknowledged;

    /// <summary>What else was answered.</summary>
    public IReadOnlyCollection<HttpStatusCode> OtherAnswers => [.. _others.Keys];

    /// <summary>Completes when so many writes more have been acknowledged.</summary>
    public Task WaitForAsync(int more)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_marks)
        {
            _marks.Add((_acknowledged.Count + more, reached));
        }

        return reached.Task.WaitAsync(Node.Patience);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task WriteAsync(int writer, Browser browser)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var key = $"writer-{writer}-{i}";
            try
            {
                using var response = await browser.PostAsync($"/value?key={key}&value={key}");
                Note(key, response.StatusCode);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    // A refusal may come at once: the machine is to have time for what ends it.
                    await Task.Delay(10);
                }
            }
            catch (HttpRequestException)
            {
                // The node is gone: this write was not acknowledged.
                return;
            }
        }
    }

    private void Note(string key, HttpStatusCode status)
    {
        if (status != HttpStatusCode.OK)
        {
            _others.AddOrUpdate(status, 1, static (_, count) => count + 1);
            return;
        }

        _acknowledged.Enqueue(key);
        lock (_marks)
        {
            foreach (var (_, reached) in _marks.Where(mark => mark.Number <= _acknowledged.Count))
            {
                reached.TrySetResult();
            }
        }
    }
}
