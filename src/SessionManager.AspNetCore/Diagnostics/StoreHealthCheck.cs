using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Whether the store answers: something is written, read and removed, the way sessions are, within the I/O timeout.</summary>
internal sealed class StoreHealthCheck(ObservedStore store, IOptions<SessionManagerOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.GetTimestamp();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // A probe is several calls, each of which may take the timeout: it is to end within one.
            var probe = store.ProbeAsync(timeout.Token).AsTask();
            _ = probe.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            await probe.WaitAsync(options.Value.IOTimeout, cancellationToken);
            return HealthCheckResult.Healthy("The session store answered.", Describe());
        }
        catch (TimeoutException)
        {
            await timeout.CancelAsync();
            return Unhealthy(string.Create(
                CultureInfo.InvariantCulture, $"The session store did not answer within {options.Value.IOTimeout.TotalSeconds:0.###} s."));
        }
        catch (SessionStoreException exception)
        {
            return Unhealthy(exception.Message);
        }

        // Without the exception: writers of reports like to show its stack, and the message says all there is.
        HealthCheckResult Unhealthy(string description) => new(context.Registration.FailureStatus, description, exception: null, Describe());

        Dictionary<string, object> Describe() => new(StringComparer.Ordinal)
        {
            ["store"] = store.Name,
            ["duration"] = Stopwatch.GetElapsedTime(started),
        };
    }
}
