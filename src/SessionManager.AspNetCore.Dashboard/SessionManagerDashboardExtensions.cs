using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing;
using SessionManager.AspNetCore.Dashboard.Endpoints;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the session dashboard.</summary>
public static class SessionManagerDashboardExtensions
{
    /// <summary>
    /// Maps a page that shows the living sessions and can end them:
    /// <c>app.MapSessionDashboard("/sessions").RequireAuthorization("admin")</c>. The page shows who is signed in,
    /// since when and from where. It never shows a token or a value.
    /// </summary>
    /// <remarks>The dashboard is closed by default. Without an authorization requirement of its own (a fallback policy
    /// does not count) it answers requests from this machine in Development. All other requests get 404, and the log
    /// says so at the start (event 200). Everybody who may see the dashboard may end any session.</remarks>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="pattern">The path of the dashboard. The default is <c>/sessions</c>. All its addresses lie below
    /// this path.</param>
    /// <returns>A builder for conventions that apply to all endpoints of the dashboard.</returns>
    /// <exception cref="InvalidOperationException"><c>AddSessionManager</c> was not called.</exception>
    public static IEndpointConventionBuilder MapSessionDashboard(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/sessions")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        return DashboardRoutes.Map(endpoints, pattern);
    }
}
