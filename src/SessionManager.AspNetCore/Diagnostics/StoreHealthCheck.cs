using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Checks the health of the store. The check writes, reads and removes a record, and asks what weakens the
/// store's promises, within the I/O timeout.</summary>
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
            // These are several calls, each of which may take the timeout: they are to end within one.
            var check = CheckAsync(timeout.Token);
            _ = check.ContinueWith(
                static ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
            var conditions = await check.WaitAsync(options.Value.IOTimeout, cancellationToken);
            return conditions.Count == 0
                ? HealthCheckResult.Healthy("The session store answered.", Describe())
                : Degraded(conditions);
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

        HealthCheckResult Degraded(IReadOnlyList<string> conditions)
        {
            var data = Describe();
            data["conditions"] = conditions;
            return HealthCheckResult.Degraded(
                $"The session store answered. {string.Join(' ', conditions)}", exception: null, data);
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

    private async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken);
        return features.Conditions is { } conditions ? await conditions.FindConditionsAsync(cancellationToken) : [];
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
