using System.Net;
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

/// <summary>Callbacks that are rare: encoded paths, two tabs, endpoints without a session, other sites that load the callback.</summary>
public sealed class CallbackEdgeTests
{
    private const string Name = "__Secure-sid-callback.";

    [Theory]
    [InlineData("/callback", "")]
    [InlineData("/rück kehr", "")]
    [InlineData("/callback", "/für alle")]
    public async Task The_cart_is_there_whatever_the_path_of_the_callback_is(string callback, string pathBase)
    {
        await using var app = await StartAsync(callback: callback, pathBase: pathBase);
        var browser = app.NewBrowser();
        var root = new PathString(pathBase).ToUriComponent();
        await browser.DoAsync(root + "/values/cart/three");
        using var challenge = await browser.PostAsync(root + "/challenge");

        var kept = CookieOf(challenge);
        Assert.NotNull(kept);
        using var answer = await PostBackAsync(app, kept, root + new PathString(callback).ToUriComponent() + "?user=alice");

        browser.Token = TokenOf(answer);
        Assert.Equal(("alice", "three"), (await browser.ReadAsync(root + "/user"), await browser.ReadAsync(root + "/values/cart")));
    }

    [Fact]
    public async Task A_challenge_that_does_not_use_the_session_keeps_it_on_demand_too()
    {
        await using var app = await StartAsync(session: options => options.LoadMode = LoadMode.OnDemand);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var challenge = await browser.PostAsync("/challenge");
        Assert.NotNull(CookieOf(challenge));
    }

    [Theory]
    [InlineData("/challenge-disabled")]
    [InlineData("/challenge-read-only")]
    public async Task A_challenge_of_an_endpoint_without_a_session_keeps_it_too(string path)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var challenge = await browser.PostAsync(path);
        Assert.NotNull(CookieOf(challenge));
    }

    [Fact]
    public async Task Two_tabs_that_sign_in_at_once_both_keep_the_cart()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        using var first = await browser.PostAsync("/challenge");
        using var second = await browser.PostAsync("/challenge");
        var jar = new List<SetCookieHeaderValue> { CookieOf(first)!, CookieOf(second)! };

        using var answer = await PostBackAsync(app, jar, "/callback?user=alice");
        browser.Token = TokenOf(answer);
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
        var expired = Assert.Single(Cookies(answer), cookie => cookie.Name.StartsWith(Name, StringComparison.Ordinal));
        Assert.Equal(0, expired.Value.Length);
        Assert.Equal(1, jar.RemoveAll(cookie => cookie.Name == expired.Name));
        using var other = await PostBackAsync(app, jar, "/callback?user=alice");
        browser.Token = TokenOf(other) ?? browser.Token;

        Assert.Equal(("alice", "three"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData("image", "no-cors")]
    [InlineData("empty", "cors")]
    public async Task What_another_site_loads_beside_its_page_does_not_take_the_cookie(string destination, string mode)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        using var challenge = await browser.PostAsync("/challenge");
        var kept = CookieOf(challenge);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/callback");
        request.Headers.Add("Cookie", $"{kept!.Name}={kept.Value}");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Headers.Add("Sec-Fetch-Dest", destination);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        using var image = await app.NewBrowser().SendAsync(request);

        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");
        browser.Token = TokenOf(answer);

        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    [Theory]
    [InlineData("signed-in")]
    [InlineData("validate")]
    public async Task An_event_of_the_scheme_may_use_the_session_at_a_callback(string where)
    {
        await using var app = await StartAsync(scheme: scheme =>
        {
            if (where == "signed-in")
            {
                scheme.Events.OnSignedIn = context =>
                {
                    context.HttpContext.RequestServices.GetRequiredService<ISessionManager>().StoreValue("state", "x");
                    return Task.CompletedTask;
                };
            }
            else
            {
                scheme.Events.OnValidatePrincipal = context =>
                {
                    context.HttpContext.RequestServices.GetRequiredService<ISessionManager>().StoreValue("state", "x");
                    return Task.CompletedTask;
                };
            }
        });
        var browser = app.NewBrowser();
        if (where == "validate")
        {
            await browser.DoAsync("/sign-in-as/alice/user");
            Assert.Equal("alice", await browser.ReadAsync("/user"));
            return;
        }

        using var answer = await PostBackAsync(app, (SetCookieHeaderValue?)null, "/callback?user=alice");

        Assert.Equal((HttpStatusCode.Redirect, true), (answer.StatusCode, TokenOf(answer) is not null));
    }

    private static SetCookieHeaderValue? CookieOf(HttpResponseMessage response) => Cookies(response).SingleOrDefault(cookie => cookie.Name.StartsWith(Name, StringComparison.Ordinal));

    private static string? TokenOf(HttpResponseMessage response) => Cookies(response).SingleOrDefault(cookie => cookie.Name == "sid")?.Value.Value;

    private static IEnumerable<SetCookieHeaderValue> Cookies(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var values) ? values.Select(value => SetCookieHeaderValue.Parse(value)) : [];

    private static Task<HttpResponseMessage> PostBackAsync(App app, SetCookieHeaderValue? kept, string path) =>
        PostBackAsync(app, kept is null ? [] : [kept], path);

    private static Task<HttpResponseMessage> PostBackAsync(App app, List<SetCookieHeaderValue> kept, string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (kept.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", kept.Select(cookie => $"{cookie.Name}={cookie.Value}")));
        }

        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        return app.NewBrowser().SendAsync(request);
    }

    private static Task<App> StartAsync(
        string callback = "/callback", string pathBase = "", Action<SessionManagerOptions>? session = null, Action<SessionAuthenticationOptions>? scheme = null) =>
        AuthenticationApp.StartAsync(
            scheme: scheme,
            session: options =>
            {
                options.KeepSessionAcrossCallback = true;
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
            },
            before: app =>
            {
                if (pathBase.Length > 0)
                {
                    app.UsePathBase(pathBase);
                    app.UseRouting();
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

        protected override Task<HandleRequestResult> HandleRemoteAuthenticateAsync() => !Request.Query.ContainsKey("user")
            ? Task.FromResult(HandleRequestResult.SkipHandler())
            : Task.FromResult(HandleRequestResult.Success(new AuthenticationTicket(AuthenticationApp.PrincipalOf(Request.Query["user"]!, "user"), new AuthenticationProperties { RedirectUri = "/" }, Scheme.Name)));
    }
}
