using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Looks at when the session's user signed in. That is told by the session alone, whatever claims the
/// principal has, and only where the principal that is authorized came from that session.</summary>
internal sealed class RecentAuthenticationHandler(
    IHttpContextAccessor accessor, RequestSessions requests, SessionView view, SessionClock clock)
    : AuthorizationHandler<RecentAuthenticationRequirement>
{
    private static readonly object Missed = new();

    /// <summary>Whether all that the request lacks is a recent sign-in, so that it is asked for one instead of being
    /// forbidden.</summary>
    public static bool WasMissed(HttpContext context) => context.Items.ContainsKey(Missed);

    protected override async Task HandleRequirementAsync(
        AuthorizationHandlerContext context, RecentAuthenticationRequirement requirement)
    {
        if ((context.Resource as HttpContext ?? accessor.HttpContext) is not { } request)
        {
            return;
        }

        var session = requests.Of(request);
        await view.LoadForUserAsync(session, CancellationToken.None);
        if (session.Record is { AuthenticatedAt: { } at } record
            && clock.Now - at <= requirement.MaxAge
            && SessionPrincipal.IsOf(context.User, record))
        {
            context.Succeed(requirement);
        }
        else
        {
            request.Items[Missed] = true;
        }
    }
}
