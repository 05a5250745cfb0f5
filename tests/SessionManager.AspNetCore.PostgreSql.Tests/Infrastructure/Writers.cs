using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>Writers that store one value after another in one session, each under a key of its own, and remember what
/// was acknowledged.</summary>
internal sealed class Writers
{
    private const int Count = 4;

    private readonly ConcurrentQueue<string> _acknowledged = new();
    private readonly ConcurrentQueue<(HttpStatusCode Status, bool HasRetryAfter)> _others = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(int Acknowledged, int Others, TaskCompletionSource Reached)> _marks = [];
    private readonly Task _running;
    private long _slowest;

    /// <param name="browser">A browser whose session exists.</param>
    public Writers(Browser browser) => _running = Task.WhenAll(
        Enumerable.Range(0, Count).Select(writer => Task.Run(() => WriteAsync(writer, browser.Clone()))));

    /// <summary>The keys whose writes were answered with success.</summary>
    public IReadOnlyCollection<string> Acknowledged => _acknowledged;

    /// <summary>What else was answered.</summary>
    public IReadOnlyCollection<(HttpStatusCode Status, bool HasRetryAfter)> Others => _others;

    /// <summary>How long the slowest answer took.</summary>
    public TimeSpan Slowest => TimeSpan.FromTicks(Interlocked.Read(ref _slowest));

    /// <summary>Completes when so many writes more have been acknowledged, and so many have not.</summary>
    public Task WaitForAsync(int more, int others = 0)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_marks)
        {
            _marks.Add((_acknowledged.Count + more, _others.Count + others, reached));
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
            var started = Stopwatch.GetTimestamp();
            try
            {
                using var response = await browser.PostAsync($"/value?key={key}&value={key}");
                Note(key, response, Stopwatch.GetElapsedTime(started));
            }
            catch (HttpRequestException)
            {
                // The node is gone: this write was not acknowledged.
                return;
            }
        }
    }

    private void Note(string key, HttpResponseMessage response, TimeSpan took)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            _acknowledged.Enqueue(key);
        }
        else
        {
            _others.Enqueue((response.StatusCode, response.Headers.RetryAfter is not null));
        }

        lock (_marks)
        {
            _slowest = Math.Max(_slowest, took.Ticks);
            foreach (var (acknowledged, others, reached) in _marks)
            {
                if (acknowledged <= _acknowledged.Count && others <= _others.Count)
                {
                    reached.TrySetResult();
                }
            }
        }
    }
}
