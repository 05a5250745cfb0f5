using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.PostgreSql.Diagnostics;
using SessionManager.AspNetCore.PostgreSql.Schema;
using SessionManager.AspNetCore.PostgreSql.Stores;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.PostgreSql.Housekeeping;

/// <summary>Creates the tables when the application starts, and removes expired sessions while it runs.</summary>
internal sealed class SessionHousekeeping(
    ISessionRecordStore store,
    SessionSchema schema,
    ExpiredSessions expired,
    TimeProvider time,
    ILogger<SessionHousekeeping> logger)
    : BackgroundService
{
    /// <summary>How often the nodes together look for expired sessions.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource _firstPass = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasFailed;

    /// <summary>Completes when the node has looked for expired sessions once, with or without success.</summary>
    internal Task FirstPass => _firstPass.Task;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Another store may have replaced this one.
        if (store is not PostgreSqlRecordStore)
        {
            return;
        }

        try
        {
            await schema.EnsureAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            logger.DatabaseUnavailable(StoreFault.Describe(exception, Guid.Empty));
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await expired.RemoveAsync(time.GetUtcNow(), Interval, stoppingToken);
                _hasFailed = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_hasFailed)
                {
                    logger.HousekeepingFailed(StoreFault.Describe(exception, Guid.Empty));
                }

                _hasFailed = true;
            }

            _firstPass.TrySetResult();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
