using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the session layer to an application's pipeline.</summary>
public static class SessionManagerApplicationBuilderExtensions
{
    /// <summary>
    /// Binds each request's cookie to its stored session, and saves what the request changed before the first byte of the
    /// response leaves. It replaces <c>UseSession</c>. Put it after exception pages, <c>UseForwardedHeaders</c> and what
    /// serves files (<c>UseFileServer</c>, <c>UseStaticFiles</c>), and before all that uses the session.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>AddSessionManager</c> was not called.</exception>
    public static IApplicationBuilder UseSessionManager(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var pipeline = app.ApplicationServices.GetService<SessionPipeline>()
            ?? throw new InvalidOperationException("UseSessionManager needs its services. Call builder.Services.AddSessionManager() first.");
        var accessor = app.ApplicationServices.GetRequiredService<IHttpContextAccessor>();
        return app.Use(next => new SessionMiddleware(next, pipeline, accessor).InvokeAsync);
    }
}
