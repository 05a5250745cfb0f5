using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Checks the health of the store. The check writes, reads and removes a record within the I/O
/// timeout.</summary>
internal sealed class StoreHealthCheck(
    ObservedStore store, StoreFeatures features, SessionMetrics metrics, IOptions<SessionManagerOptions> options)
    : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var started = Stopwatch.GetTimestamp();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            // A probe is several calls, each of which may take the timeout: it is to end within one.
            var probe = ProbeAsync(timeout.Token);
            _ = probe.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
            await probe.WaitAsync(options.Value.IOTimeout, cancellationToken);
            return HealthCheckResult.Healthy("The session store answered.", Describe());
        }
        catch (TimeoutException)
        {
            await timeout.CancelAsync();
            return Unhealthy(string.Create(
                CultureInfo.InvariantCulture,
                $"The session store did not answer within {options.Value.IOTimeout.TotalSeconds:0.###} s."));
        }
        catch (SessionStoreException exception)
        {
            return Unhealthy(exception.Message);
        }

        // Without the exception: writers of reports like to show its stack, and the message says all there is.
        HealthCheckResult Unhealthy(string description) =>
            new(context.Registration.FailureStatus, description, exception: null, Describe());

        Dictionary<string, object> Describe() => new(StringComparer.Ordinal)
        {
            ["store"] = store.Name,
            ["duration"] = Stopwatch.GetElapsedTime(started),
        };
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (features.Probe is not { } probe)
        {
            await store.LoadAsync(SessionToken.NewId(), cancellationToken);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            await probe.ProbeAsync(cancellationToken);
            metrics.StoreOperation("probe", store.Name, Stopwatch.GetElapsedTime(started), error: null);
        }
        catch (Exception exception)
        {
            metrics.StoreOperation("probe", store.Name, Stopwatch.GetElapsedTime(started), exception);
            throw;
        }
    }
}
