using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Redirects pages. APIs get the status, and the address in a header that they may use, as from the
/// framework's cookie handler.</summary>
internal static class Redirection
{
    /// <summary>Answers a request that lacks something.</summary>
    /// <param name="context">The address, which may be empty.</param>
    /// <param name="status">The status without a redirect.</param>
    public static Task DenyAsync(RedirectContext<SessionAuthenticationOptions> context, int status)
    {
        if (context.RedirectUri.Length == 0)
        {
            context.Response.StatusCode = status;
        }
        else if (IsForApi(context.HttpContext))
        {
            context.Response.Headers.Location = context.RedirectUri;
            context.Response.StatusCode = status;
        }
        else
        {
            context.Response.Redirect(context.RedirectUri);
        }

        return Task.CompletedTask;
    }

    /// <summary>Leads on after a sign-in or a sign-out.</summary>
    public static Task LeadAsync(RedirectContext<SessionAuthenticationOptions> context)
    {
        if (IsForApi(context.HttpContext))
        {
            context.Response.Headers.Location = context.RedirectUri;
        }
        else
        {
            context.Response.Redirect(context.RedirectUri);
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether an address from a query, which is anybody's, is a path of this host.</summary>
    public static bool IsLocal(string? path) =>
        path is ['/', ..] && path is not ['/', '/' or '\\', ..] && !path.Any(char.IsControl);

    private static bool IsForApi(HttpContext context)
    {
        if (string.Equals(context.Request.Headers.XRequestedWith, "XMLHttpRequest", StringComparison.Ordinal)
            || string.Equals(context.Request.Query["X-Requested-With"], "XMLHttpRequest", StringComparison.Ordinal))
        {
            return true;
        }

        var metadata = context.GetEndpoint()?.Metadata;
        return metadata?.GetMetadata<IDisableCookieRedirectMetadata>() is not null
            && metadata.GetMetadata<IAllowCookieRedirectMetadata>() is null;
    }
}
