using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>An application with a remote scheme, and a browser that withholds the session cookie from what the provider posts.</summary>
internal static class CallbackApp
{
    /// <summary>What the names of the callback's cookies begin with.</summary>
    public const string Name = "__Secure-sid-callback.";

    public static SetCookieHeaderValue? CookieOf(HttpResponseMessage response) =>
        Cookies(response).SingleOrDefault(cookie => cookie.Name.StartsWith(Name, StringComparison.Ordinal));

    public static string? TokenOf(HttpResponseMessage response) => Cookies(response).SingleOrDefault(cookie => cookie.Name == "sid")?.Value.Value;

    public static IEnumerable<SetCookieHeaderValue> Cookies(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var values) ? values.Select(value => SetCookieHeaderValue.Parse(value)) : [];

    public static Task<HttpResponseMessage> PostBackAsync(App app, SetCookieHeaderValue? kept, string path, string? site = "cross-site", string? origin = null) =>
        PostBackAsync(app, kept is null ? [] : [kept], path, site, origin);

    public static Task<HttpResponseMessage> PostBackAsync(App app, IReadOnlyList<SetCookieHeaderValue> kept, string path, string? site = "cross-site", string? origin = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (kept.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", kept.Select(cookie => $"{cookie.Name}={cookie.Value}")));
        }

        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return app.NewBrowser().SendAsync(request);
    }

    public static Task<App> StartAsync(
        string order = "default",
        Action<SessionManagerOptions>? session = null,
        Action<IServiceCollection>? services = null,
        Action<SessionAuthenticationOptions>? scheme = null,
        string callback = "/callback",
        string pathBase = "",
        bool keeps = true) => AuthenticationApp.StartAsync(
        scheme: scheme,
        session: options =>
        {
            options.KeepSessionAcrossCallback = keeps;
            session?.Invoke(options);
        },
        services: collection =>
        {
            collection.AddAuthentication(SessionManagerDefaults.AuthenticationScheme)
                .AddScheme<RemoteAuthenticationOptions, ProviderHandler>("Provider", options =>
                {
                    options.CallbackPath = callback;
                    options.SignInScheme = SessionManagerDefaults.AuthenticationScheme;
                });
            services?.Invoke(collection);
        },
        before: app =>
        {
            if (pathBase.Length > 0)
            {
                app.UsePathBase(pathBase);
                app.UseRouting();
            }

            if (order == "session first" || pathBase.Length > 0)
            {
                app.UseSessionManager();
                app.UseAuthentication();
                app.UseAuthorization();
            }
        },
        map: app =>
        {
            app.MapPost("/challenge", (HttpContext context) => context.ChallengeAsync("Provider"));
            app.MapPost("/challenge-disabled", [Session(SessionMode.Disabled)] (HttpContext context) => context.ChallengeAsync("Provider"));
            app.MapPost("/challenge-read-only", [Session(SessionMode.ReadOnly)] (HttpContext context) => context.ChallengeAsync("Provider"));
            app.MapPost("/store-and-challenge", (HttpContext context, ISessionManager session) =>
            {
                session.StoreValue("cart", "three");
                return context.ChallengeAsync("Provider");
            });
            app.MapGet("/callback", (ISessionManager session, string store) => session.StoreValue("state", store));
            app.MapPost("/callback", (ISessionManager session, string? store) => store is null ? session.SessionId : session.StoreValue("state", store).ToString());
            app.MapPost("/other-callback", (ISessionManager session, string store) => session.StoreValue("state", store));
            app.MapPost("/expire-correlation", (HttpContext context) => context.Response.Cookies.Delete(".AspNetCore.Correlation.x", new CookieOptions { Path = "/callback" }));
            app.MapPost("/revoke/{user}", (ISessionDirectory directory, string user) => directory.RevokeUserAsync(user));
        });

    private sealed class ProviderHandler(IOptionsMonitor<RemoteAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : RemoteAuthenticationHandler<RemoteAuthenticationOptions>(options, logger, encoder)
    {
        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            GenerateCorrelationId(properties);
            Response.Redirect("https://provider.example/");
            return Task.CompletedTask;
        }

        protected override Task<HandleRequestResult> HandleRemoteAuthenticateAsync() => Task.FromResult(!Request.Query.ContainsKey("user")
            ? HandleRequestResult.SkipHandler()
            : HandleRequestResult.Success(new AuthenticationTicket(AuthenticationApp.PrincipalOf(Request.Query["user"]!, "user"), new AuthenticationProperties { RedirectUri = "/" }, Scheme.Name)));
    }
}
