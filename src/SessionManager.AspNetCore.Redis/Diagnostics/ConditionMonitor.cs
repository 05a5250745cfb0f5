using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>Asks the servers at the start and once a minute, so that the log tells of a condition although nobody asks
/// for the health. The start does not wait for an answer.</summary>
internal sealed class ConditionMonitor(
    ServerConditions conditions,
    ConnectionLog connections,
    TimeProvider clock,
    IOptions<SessionManagerOptions> options,
    ILogger<ConditionMonitor> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await conditions.FindAsync().WaitAsync(options.Value.IOTimeout, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A connection that is lost has a log event of its own.
                logger.NotAsked(exception.GetType().Name);
            }

            connections.Flush();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
