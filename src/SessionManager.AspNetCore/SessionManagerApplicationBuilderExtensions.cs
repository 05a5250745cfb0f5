using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the session layer to an application's pipeline.</summary>
public static class SessionManagerApplicationBuilderExtensions
{
    /// <summary>
    /// Loads the session that the request's cookie names, and saves the changes of the request before the first byte of
    /// the response leaves. The middleware replaces <c>UseSession</c>.
    /// </summary>
    /// <remarks>Call it after exception pages, <c>UseForwardedHeaders</c> and the middleware that serves files
    /// (<c>UseFileServer</c>, <c>UseStaticFiles</c>), and before the middleware and endpoints that use the session. An
    /// application that calls <c>UseRouting</c> itself calls it before this method.</remarks>
    /// <param name="app">The application.</param>
    /// <returns>The application.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException"><c>AddSessionManager</c> was not called.</exception>
    public static IApplicationBuilder UseSessionManager(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (app.ApplicationServices.GetService<SessionServices>() is null)
        {
            throw new InvalidOperationException(
                "UseSessionManager needs its services. Call builder.Services.AddSessionManager() first.");
        }

        return app.Use(next =>
            ActivatorUtilities.CreateInstance<SessionMiddleware>(app.ApplicationServices, next).InvokeAsync);
    }
}
