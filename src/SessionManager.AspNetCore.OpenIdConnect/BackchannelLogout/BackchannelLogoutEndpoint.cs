using System.Globalization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.OpenIdConnect.Diagnostics;

namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>The endpoint at which a provider tells that a user has signed out (OpenID Connect Back-Channel Logout 1.0,
/// sections 2.5 to 2.8).</summary>
internal sealed class BackchannelLogoutEndpoint(
    LogoutTokenValidator validator, UsedTokens used, ISessionDirectory directory, ILogger logger)
{
    private const int StoreRetryAfterSeconds = 5;
    private const int KeysRetryAfterSeconds = 60;

    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints, string pattern, string[] names)
    {
        var services = endpoints.ServiceProvider;
        var directory = services.GetService<ISessionDirectory>() ?? throw new InvalidOperationException(
            "MapBackchannelLogout needs the session layer. Call builder.Services.AddSessionManager() first.");
        var schemes = services.GetService<IAuthenticationSchemeProvider>() ?? throw new InvalidOperationException(
            "MapBackchannelLogout needs an OpenID Connect scheme. Call "
            + "builder.Services.AddAuthentication().AddOpenIdConnect() first.");
        var endpoint = new BackchannelLogoutEndpoint(
            new LogoutTokenValidator(
                schemes,
                services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>(),
                [.. names],
                services.GetRequiredService<TimeProvider>()),
            new UsedTokens(
                services.GetRequiredService<IDistributedCache>(),
                services.GetRequiredService<IOptions<SessionManagerOptions>>()),
            directory,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("SessionManager.AspNetCore.OpenIdConnect"));

        // All methods are mapped, because the framework's answer to another method is not anonymous under a fallback
        // policy.
        return endpoints.Map(pattern, endpoint.HandleAsync)
            .AllowAnonymous()
            .DisableAntiforgery()
            .WithSession(SessionMode.Disabled)
            .WithDisplayName("Back-channel logout");
    }

    private async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        try
        {
            var text = await LogoutRequest.ReadTokenAsync(context);
            var (token, scheme, validFor) = await validator.ValidateAsync(text, context.RequestAborted);
            var count = await used.UseAsync(token, validFor, () => RevokeAsync(token));
            logger.SignedOut(scheme, count);
        }
        catch (LogoutTokenException exception)
        {
            logger.Refused(exception.Message);
            await AnswerAsync(context, StatusCodes.Status400BadRequest, "invalid_request", exception.Message);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            var (reason, fault, seconds) = exception is ProviderUnavailableException { InnerException: { } inner }
                ? (exception.Message, inner, KeysRetryAfterSeconds)
                : ("The session store or the cache can't be reached.", exception, StoreRetryAfterSeconds);
            logger.Unavailable(reason, fault.Message);
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await AnswerAsync(
                context, StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable", "Send the token again.");
        }
    }

    // A provider that does not wait for the answer has signed the user out all the same.
    private Task<int> RevokeAsync(LogoutToken token) =>
        directory.RevokeByProviderAsync(token.Issuer, token.SessionId, token.Subject, CancellationToken.None);

    private static Task AnswerAsync(HttpContext context, int status, string error, string description)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";

        // Neither text needs to be escaped.
        return context.Response.WriteAsync(
            $$"""{"error":"{{error}}","error_description":"{{description}}"}""", context.RequestAborted);
    }
}
