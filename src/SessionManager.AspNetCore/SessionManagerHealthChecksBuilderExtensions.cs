using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a check of the session store to an application's health checks.</summary>
public static class SessionManagerHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a health check that writes an entry to the session store, reads the entry and removes it. The check ends
    /// within <see cref="SessionManagerOptions.IOTimeout"/>, even when the store does not answer.
    /// <c>AddSessionManager</c> has to be called too.
    /// </summary>
    /// <remarks>The data of the result are <c>store</c>, the name of the store, and <c>duration</c>, the
    /// <see cref="TimeSpan"/> that the check took. The description names no key and no address.</remarks>
    /// <param name="builder">The builder that <c>AddHealthChecks</c> returned.</param>
    /// <param name="name">The name of the check. The default is <c>session_manager</c>.</param>
    /// <param name="failureStatus">The status that is reported when the store fails. The default is
    /// <see langword="null"/>, which stands for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags that select the check. The default is <see langword="null"/>: none.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHealthChecksBuilder AddSessionManager(
        this IHealthChecksBuilder builder,
        string name = "session_manager",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name, ActivatorUtilities.GetServiceOrCreateInstance<StoreHealthCheck>, failureStatus, tags));
    }
}
