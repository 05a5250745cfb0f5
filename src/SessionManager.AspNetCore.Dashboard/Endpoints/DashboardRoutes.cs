using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>The endpoints of the dashboard, below the path that the application has chosen.</summary>
internal static class DashboardRoutes
{
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern)
    {
        var services = endpoints.ServiceProvider;
        var directory = services.GetService<ISessionDirectory>() ?? throw new InvalidOperationException(
            "MapSessionDashboard needs the session layer. Call builder.Services.AddSessionManager() first.");
        var pages = new DashboardPages(services, directory);
        var actions = new DashboardActions(directory, pages);
        var group = endpoints.MapGroup(pattern);
        group.WithMetadata(pages);

        Name(group.MapGet("", pages.CreateHandler(depth: 0, pages.ListAsync)), "the list");
        Name(group.MapGet("/{id}", pages.CreateHandler(depth: 1, pages.SessionAsync)), "a session");
        Name(group.MapPost("/{id}/end", pages.CreateHandler(depth: 2, actions.EndSessionAsync)), "end a session");
        Name(group.MapPost("/users/end", pages.CreateHandler(depth: 2, actions.EndUserAsync)), "end all of a user");

        // The page fetches these by itself, so a request for them is no sign that the operator is there.
        var untouched = new SessionAttribute(SessionMode.ReadOnly) { Touch = false };
        var statistics = group.MapGet("/live", pages.CreateHandler(depth: 1, pages.StatisticsAsync));
        Name(statistics, "the counters").WithMetadata(untouched);
        foreach (var asset in (DashboardAsset[])[DashboardAssets.Style, DashboardAssets.Script, DashboardAssets.Icon])
        {
            var file = group.MapGet(
                $"/{asset.Name}",
                pages.CreateHandler(depth: 1, (context, _) => DashboardResponse.WriteAssetAsync(context, asset)));
            Name(file, asset.Name).WithMetadata(untouched);
        }

        if (services.GetService<IHostApplicationLifetime>() is { } lifetime)
        {
            lifetime.ApplicationStarted.Register(() => pages.WarnIfUnprotected(services));
            lifetime.ApplicationStopped.Register(pages.Dispose);
        }

        return group;
    }

    private static IEndpointConventionBuilder Name(IEndpointConventionBuilder endpoint, string name) =>
        endpoint.WithDisplayName($"Session dashboard: {name}");
}
