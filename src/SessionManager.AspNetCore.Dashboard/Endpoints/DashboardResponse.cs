using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>Writes the responses of the dashboard, with the headers that all of them have.</summary>
internal static class DashboardResponse
{
    // No inline code, no other origin, no frame around the page, and no form that posts elsewhere.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers. Call it last, because antiforgery sets some of the same headers.</summary>
    public static void SetHeaders(HttpResponse response, bool isCacheable = false)
    {
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = isCacheable ? "private, max-age=31536000, immutable" : "no-store";
        response.Headers.Remove("Pragma");
    }

    public static Task WritePageAsync(HttpContext context, string html, int status = StatusCodes.Status200OK)
    {
        SetHeaders(context.Response);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(html, context.RequestAborted);
    }

    public static Task WriteAssetAsync(HttpContext context, DashboardAsset asset)
    {
        // The address of an older version must not be cached with the contents of this version.
        var version = asset.Address[asset.Name.Length..];
        SetHeaders(
            context.Response,
            isCacheable: string.Equals(context.Request.QueryString.Value, version, StringComparison.Ordinal));
        context.Response.ContentType = asset.ContentType;
        context.Response.ContentLength = asset.Bytes.Length;
        return context.Response.Body.WriteAsync(asset.Bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Answers a POST with a page to load, so that reloading the page does not send the form again.</summary>
    public static void Redirect(HttpContext context, string path)
    {
        SetHeaders(context.Response);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
    }
}
