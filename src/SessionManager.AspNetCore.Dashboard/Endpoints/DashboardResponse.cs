using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>The headers of everything the dashboard answers, and its bodies.</summary>
internal static class DashboardResponse
{
    // Nothing inline, nothing from elsewhere, in nobody's frame, and no form that goes elsewhere.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers, last of all: antiforgery sets some of its own.</summary>
    public static void Protect(HttpResponse response, bool mayBeKept = false)
    {
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = mayBeKept ? "private, max-age=31536000, immutable" : "no-store";
        response.Headers.Remove("Pragma");
    }

    public static Task WritePageAsync(HttpContext context, string html, int status = StatusCodes.Status200OK)
    {
        Protect(context.Response);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(html, context.RequestAborted);
    }

    public static Task WriteAssetAsync(HttpContext context, DashboardAsset asset)
    {
        // Under an old address it is not what that address stands for.
        Protect(context.Response, mayBeKept: string.Equals(context.Request.QueryString.Value, asset.Address[asset.Name.Length..], StringComparison.Ordinal));
        context.Response.ContentType = asset.ContentType;
        context.Response.ContentLength = asset.Bytes.Length;
        return context.Response.Body.WriteAsync(asset.Bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Shows a page in answer to a POST: reloading it does not send the form again.</summary>
    public static void Redirect(HttpContext context, string path)
    {
        Protect(context.Response);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
    }
}
