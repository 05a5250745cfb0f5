using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Sqlite.Configuration;
using SessionManager.AspNetCore.Sqlite.Diagnostics;
using SessionManager.AspNetCore.Sqlite.Stores;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Housekeeping;

/// <summary>Opens the file when the application starts, and removes expired sessions from time to time.</summary>
internal sealed class SqliteHousekeeping(
    ISessionRecordStore store,
    SessionFile file,
    Connections connections,
    Sweep sweep,
    FileLocation location,
    IOptions<SessionManagerOptions> options,
    TimeProvider time,
    ILogger<SqliteRecordStore> logger)
    : BackgroundService
{
    private bool _hasFailed;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Another store has replaced this one.
        if (store is not SqliteRecordStore)
        {
            return;
        }

        try
        {
            await new StoreCall(options.Value.IOTimeout, store.Name).RunAsync(
                static (file, token) => file.PrepareAsync(token), file, Guid.Empty, cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            // The application starts without its sessions. Each request that uses one tries again.
            connections.ReportStart(exception);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Sweep.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SweepAsync(stoppingToken);
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await sweep.RunAsync(cancellationToken);
            if (_hasFailed)
            {
                logger.SweepSucceeded(location.Name);
            }

            _hasFailed = false;
        }
        catch (SessionStoreException exception)
        {
            if (!_hasFailed)
            {
                logger.SweepFailed(location.Name, Sweep.Interval, exception.Message);
            }

            _hasFailed = true;
        }
    }
}
