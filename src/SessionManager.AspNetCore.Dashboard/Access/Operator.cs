using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Dashboard.Pages;

namespace SessionManager.AspNetCore.Dashboard.Access;

/// <summary>The person who uses the dashboard.</summary>
internal static class Operator
{
    /// <summary>The user id of the operator on a single line, for the log and the page.</summary>
    public static string NameOf(HttpContext context)
    {
        var name = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.User.Identity?.Name;
        return string.IsNullOrEmpty(name)
            ? "somebody at this machine"
            : UntrustedText.ToSingleLine(name, maxLength: 64);
    }

    /// <summary>The id of the session of the operator's own browser; <see langword="null"/> when the browser has
    /// none.</summary>
    public static string? SessionIdOf(HttpContext context) =>
        context.Features.Get<ISessionFeature>()?.Session is { IsAvailable: true } session ? session.Id : null;
}
