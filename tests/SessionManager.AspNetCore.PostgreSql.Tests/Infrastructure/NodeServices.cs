using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.PostgreSql.Housekeeping;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>What tests ask of a node's services.</summary>
internal static class NodeServices
{
    /// <summary>The housekeeping of a node.</summary>
    public static SessionHousekeeping GetHousekeeping(this IServiceProvider services) =>
        services.GetServices<IHostedService>().OfType<SessionHousekeeping>().Single();

    /// <summary>Waits for the first pass of the housekeeping, and lets the test do the others.</summary>
    public static async Task StopHousekeepingAsync(this IServiceProvider services)
    {
        var housekeeping = services.GetHousekeeping();
        await housekeeping.FirstPass.WaitAsync(Node.Patience);
        await housekeeping.StopAsync(CancellationToken.None);
    }
}
