using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Ends the expired sessions whose tokens nobody brings back, where the store knows them, so that the application hears of it. It has nothing to
/// do while the application does not handle the event. A handler that hangs holds the others up for a while, not for ever.
/// </summary>
internal sealed class ExpirySweep(IServiceProvider services, TimeProvider time, SessionLifetime lifetime, ILogger<ExpirySweep> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>How long one session's end is waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private SessionPipeline _pipeline = null!;
    private ITimer? _timer;
    private Task _sweeping = Task.CompletedTask;
    private int _due;

    /// <summary>How often it looks.</summary>
    private TimeSpan Interval => lifetime.IdleTimeout / 2 is var half && half > Longest ? Longest : half < Shortest ? Shortest : half;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not before: what is configured wrongly is said by the validation of the options.
        _pipeline = services.GetRequiredService<SessionPipeline>();
        if (_pipeline.Store.ListExpired(_pipeline.Now) is not null)
        {
            _pipeline.Running.AreNoted = true;
            using (ExecutionContext.SuppressFlow())
            {
                _timer = time.CreateTimer(static sweep => ((ExpirySweep)sweep!).OnDue(), this, Interval, Interval);
            }
        }
        else if (_pipeline.Events.TellsOfEnds)
        {
            logger.ExpiryNotSwept(_pipeline.Store.Name);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        await _stopping.CancelAsync();
        await _sweeping.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _stopping.Cancel();
    }

    // One at a time; what falls due meanwhile is one more afterwards.
    private void OnDue()
    {
        if (_pipeline.Events.TellsOfEnds && Interlocked.Increment(ref _due) == 1)
        {
            _sweeping = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        int done;
        do
        {
            done = Volatile.Read(ref _due);
            try
            {
                await SweepAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // What is left is left to its tokens.
            }
            catch (SessionStoreException exception)
            {
                logger.SweepFailed(exception.Message);
            }
            catch (Exception exception)
            {
                logger.SweepFailed(exception.GetType().Name);
            }
        }
        while (Interlocked.Add(ref _due, -done) != 0);
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        // Not at the very moment of its end: a browser that comes back then tells of it with its request, and a load may be on its way.
        HashSet<Guid>? used = null;
        var now = _pipeline.Now;
        foreach (var id in _pipeline.Store.ListExpired(now - (Interval * 1.5)) ?? [])
        {
            // A request that begins later can't find an expired session alive.
            used ??= _pipeline.Running.Sessions();
            if (!used.Contains(id))
            {
                await EndInTimeAsync(id, now, cancellationToken);
            }
        }
    }

    private async Task EndInTimeAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await EndAsync(id, now, cancellationToken).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            logger.HandlerNotWaitedFor(id, Patience);
        }
    }

    private async Task EndAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await _pipeline.Store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        if (found.Record is not { } record)
        {
            await _pipeline.Store.EndExpiredAsync(id, now, cancellationToken);
        }
        else if (lifetime.IsExpired(record, now))
        {
            await _pipeline.Ending.EndAsync(record, SessionEndReason.Expired, context: null, cancellationToken: cancellationToken);
        }
    }
}
