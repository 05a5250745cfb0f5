using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing;
using SessionManager.AspNetCore.Dashboard.Endpoints;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the page of live sessions.</summary>
public static class SessionManagerDashboardEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a page that shows the living sessions and ends them: <c>app.MapSessionDashboard("/sessions").RequireAuthorization("admin")</c>.
    /// It shows who is signed in, since when and from where, never a token and never a value.
    /// </summary>
    /// <remarks>It is closed by default: without an authorization requirement of its own (a fallback policy is none) it answers requests from
    /// this machine in Development, and 404 to all others, and says so in the log at the start (event 200). Who may see it may end any session.</remarks>
    /// <param name="endpoints">Where to map it: the application, or a group of it.</param>
    /// <param name="pattern">Its path. The default is <c>/sessions</c>. All that belongs to it lies below.</param>
    /// <returns>A builder for conventions that go for the page and all that belongs to it.</returns>
    /// <exception cref="InvalidOperationException"><c>AddSessionManager</c> was not called.</exception>
    public static IEndpointConventionBuilder MapSessionDashboard(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/sessions")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        return DashboardRoutes.Map(endpoints, pattern);
    }
}
