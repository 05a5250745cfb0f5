using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>The health of a node, as its application reports it.</summary>
internal static class Health
{
    /// <summary>Adds the check to a node.</summary>
    public static void Add(IServiceCollection services) => services.AddHealthChecks().AddSessionManager();

    public static async Task<HealthReportEntry> HealthAsync(this App node)
    {
        var report = await node.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return Assert.Single(report.Entries).Value;
    }

    /// <summary>What the check says that weakens the store's promises, but for the clock, which tests set as they like.</summary>
    public static async Task<IReadOnlyList<string>> ConditionsAsync(this App node) =>
        [.. (await node.AllConditionsAsync()).Where(static it => !it.StartsWith("The clock", StringComparison.Ordinal))];

    /// <summary>All that the check says that weakens the store's promises.</summary>
    public static async Task<IReadOnlyList<string>> AllConditionsAsync(this App node)
    {
        var entry = await node.HealthAsync();
        var conditions = entry.Data.TryGetValue("conditions", out var told) ? (IReadOnlyList<string>)told : [];
        Assert.True(
            entry.Status == (conditions.Count == 0 ? HealthStatus.Healthy : HealthStatus.Degraded), entry.Description);
        Assert.All(conditions, condition => Assert.Contains(condition, entry.Description, StringComparison.Ordinal));
        return conditions;
    }
}
