using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a check of the session store to an application's health checks.</summary>
public static class SessionManagerHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that writes something to the session store, reads it and removes it, the way sessions are, and ends within
    /// <see cref="SessionManagerOptions.IOTimeout"/>, whatever the store does. Its data are <c>store</c>, the store's name, and
    /// <c>duration</c>, the <see cref="TimeSpan"/> it took; its description names no key and no address. <c>AddSessionManager</c> has to be
    /// called too.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="name">The check's name. The default is <c>session_manager</c>.</param>
    /// <param name="failureStatus">What is reported when the store fails. The default is <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to choose checks by. The default is none.</param>
    public static IHealthChecksBuilder AddSessionManager(
        this IHealthChecksBuilder builder, string name = "session_manager", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, ActivatorUtilities.GetServiceOrCreateInstance<StoreHealthCheck>, failureStatus, tags));
    }
}
