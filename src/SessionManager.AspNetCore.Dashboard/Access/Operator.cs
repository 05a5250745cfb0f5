using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Dashboard.Access;

/// <summary>Who is at the dashboard.</summary>
internal static class Operator
{
    /// <summary>The user id of the operator, for the log, on one line.</summary>
    public static string NameOf(HttpContext context)
    {
        var name = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.User.Identity?.Name;
        return string.IsNullOrEmpty(name) ? "somebody at this machine" : SessionKey.Printable(name);
    }

    /// <summary>The session that the operator's own browser has, when there is one.</summary>
    public static string? SessionIdOf(HttpContext context) =>
        context.Features.Get<ISessionFeature>()?.Session is { IsAvailable: true } session ? session.Id : null;
}
