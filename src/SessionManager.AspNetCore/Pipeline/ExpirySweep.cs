using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Ends expired sessions whose tokens no request sends any more, and so raises the event of their end. The sweep needs
/// a store that knows its sessions, and runs only while the application handles the event. A handler that hangs delays
/// the sweep for a limited time.
/// </summary>
internal sealed class ExpirySweep(
    IServiceProvider services, TimeProvider time, SessionLifetime lifetime, ILogger<ExpirySweep> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>How long the sweep waits for the handler of one session.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private ExpiredSessions _expired = null!;
    private OutageLog _outages = null!;
    private ITimer? _timer;
    private Task _sweeping = Task.CompletedTask;
    private int _due;

    /// <summary>The time between two sweeps.</summary>
    private TimeSpan Interval =>
        TimeSpan.FromTicks(Math.Clamp(lifetime.IdleTimeout.Ticks / 2, Shortest.Ticks, Longest.Ticks));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Resolved only now, after the validation of the options has reported wrong settings.
        _expired = services.GetRequiredService<ExpiredSessions>();
        _outages = services.GetRequiredService<OutageLog>();
        if (_expired.AreKnown)
        {
            _expired.BeginSweeps();
            using (ExecutionContext.SuppressFlow())
            {
                _timer = time.CreateTimer(static sweep => ((ExpirySweep)sweep!).OnDue(), this, Interval, Interval);
            }
        }
        else if (_expired.AreAskedFor)
        {
            logger.ExpiryNotSwept(_expired.StoreName);
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

    // Sweeps run one at a time. All sweeps that fall due during a sweep are one more sweep afterwards.
    private void OnDue()
    {
        if (_expired.AreAskedFor && Interlocked.Increment(ref _due) == 1)
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
                // The remaining sessions end when a request sends their tokens.
            }
            catch (SessionStoreException exception)
            {
                logger.SweepFailed(_outages.IsOpen ? LogLevel.Debug : LogLevel.Error, exception.Message);
            }
            catch (Exception exception)
            {
                logger.SweepFailed(LogLevel.Error, exception.GetType().Name);
            }
        }
        while (Interlocked.Add(ref _due, -done) != 0);
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var id in _expired.List(ago: Interval * 1.5))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await _expired.EndAsync(id, cancellationToken).WaitAsync(Patience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                logger.HandlerNotWaitedFor(id, Patience);
            }
        }
    }
}
