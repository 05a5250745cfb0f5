using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>What lies where, below the path that the application has chosen.</summary>
internal static class DashboardRoutes
{
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern)
    {
        var services = endpoints.ServiceProvider;
        if (services.GetService<ISessionRecords>() is null)
        {
            throw new InvalidOperationException("MapSessionDashboard needs the session layer. Call builder.Services.AddSessionManager() first.");
        }

        var reading = new DashboardPages(services);
        var acting = new DashboardActions(services, reading);
        var group = endpoints.MapGroup(pattern);
        group.WithMetadata(reading);

        Map(group.MapGet("", reading.For(depth: 0, reading.ListAsync)), "the list");
        Map(group.MapGet("/{id}", reading.For(depth: 1, reading.SessionAsync)), "a session");
        Map(group.MapPost("/{id}/end", reading.For(depth: 2, acting.EndSessionAsync)), "end a session");
        Map(group.MapPost("/users/end", reading.For(depth: 2, acting.EndUserAsync)), "end all of a user");

        // What the page fetches by itself is no sign of life of its operator.
        var quiet = new SessionAttribute(SessionMode.ReadOnly) { Touch = false };
        Map(group.MapGet("/live", reading.For(depth: 1, reading.LiveAsync)), "the counters").WithMetadata(quiet);
        foreach (var asset in (DashboardAsset[])[DashboardAssets.Style, DashboardAssets.Script, DashboardAssets.Icon])
        {
            Map(group.MapGet($"/{asset.Name}", reading.For(depth: 1, (context, _) => DashboardResponse.WriteAssetAsync(context, asset))), asset.Name).WithMetadata(quiet);
        }

        if (services.GetService<IHostApplicationLifetime>() is { } lifetime)
        {
            lifetime.ApplicationStarted.Register(() => reading.WarnIfUnprotected(services));
            lifetime.ApplicationStopped.Register(reading.Dispose);
        }

        return group;
    }

    private static IEndpointConventionBuilder Map(IEndpointConventionBuilder endpoint, string name) =>
        endpoint.WithDisplayName($"Session dashboard: {name}");
}
