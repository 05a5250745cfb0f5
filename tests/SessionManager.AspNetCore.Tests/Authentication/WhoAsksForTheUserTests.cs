using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>The middlewares of authentication and authorization ask for the user of every request, and mean nothing by it. Who else asks is to
/// know.</summary>
public sealed class WhoAsksForTheUserTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("/terminal")]
    [InlineData("/endpoint")]
    public async Task Where_the_services_of_a_request_are_replaced_behind_the_middleware_who_asks_is_answered(string path)
    {
        await using var app = await AuthenticationApp.StartAsync(
            cache: _cache,
            before: app => app.UseRouting().UseAuthentication().Use(async (context, next) =>
            {
                await using var tenant = context.RequestServices.CreateAsyncScope();
                context.RequestServices = tenant.ServiceProvider;
                await next(context);
            }),
            map: app =>
            {
                app.Use((context, next) => context.Request.Path == "/terminal" ? AnswerAsync(context) : next(context));
                app.MapGet("/endpoint", AnswerAsync);
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann", await browser.ReadAsync(path));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusInOutageAsync(browser, path));
    }

    [Theory]
    [InlineData("/allows", HttpStatusCode.OK)]
    [InlineData("/requires-and-allows", HttpStatusCode.OK)]
    [InlineData("/without-session", HttpStatusCode.OK)]
    [InlineData("/controller", HttpStatusCode.OK)]
    [InlineData("/asks", HttpStatusCode.ServiceUnavailable)]
    [InlineData("/plain", HttpStatusCode.ServiceUnavailable)]
    public async Task A_page_that_is_open_to_all_is_served_in_an_outage_unless_it_asks(string path, HttpStatusCode status)
    {
        foreach (var authorizesFirst in new[] { true, false })
        {
            await using var app = await StartOpenAsync(authorizesFirst);
            var browser = app.NewBrowser();
            await browser.DoAsync("/enter/ann");

            Assert.Equal("ann", await browser.ReadAsync("/asks"));
            Assert.Equal("nobody", await app.NewBrowser().ReadAsync("/asks"));
            Assert.Equal(status, await StatusInOutageAsync(browser, path));
            Assert.Equal("ann", await browser.ReadAsync("/asks"));
        }
    }

    [Fact]
    public async Task A_page_without_a_session_that_is_open_to_all_costs_no_store_call_and_may_be_kept_by_caches()
    {
        await using var app = await StartOpenAsync(authorizesFirst: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/enter/ann");
        var calls = _cache.Calls;

        using var response = await browser.GetAsync("/without-session");

        Assert.Equal((calls, null, 0), (_cache.Calls, response.Headers.CacheControl, response.Headers.Vary.Count));
    }

    [Theory]
    [InlineData("a policy scheme")]
    [InlineData("two policy schemes")]
    [InlineData("a scheme with options of its own")]
    [InlineData("another scheme of ours")]
    public async Task However_schemes_forward_to_ours_a_page_or_file_that_does_not_ask_is_served(string kind)
    {
        await using var app = await AuthenticationApp.StartAsync(
            cache: _cache,
            services: services => Forward(services.AddAuthentication("First"), kind),
            before: app => app.Use((context, next) => context.Request.Path == "/app.js" ? context.Response.WriteAsync("file") : next(context)));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        Assert.Equal("ann", await browser.ReadAsync("/user"));
        var calls = _cache.Calls;
        Assert.Equal("file", await browser.ReadAsync("/app.js"));
        Assert.Equal(calls, _cache.Calls);

        Assert.Equal(HttpStatusCode.OK, await StatusInOutageAsync(browser, "/plain"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusInOutageAsync(browser, "/user"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusInOutageAsync(browser, "/protected"));
    }

    [Theory]
    [InlineData("/", "file", 0)]
    [InlineData("/docs/", "file", 0)]
    [InlineData("/app.js", "file", 0)]
    [InlineData("/signed-in.aspx", "ann", 1)]
    public async Task Beside_a_remote_scheme_files_in_front_cost_no_store_call_and_its_own_path_knows_the_user(string path, string body, int gets)
    {
        await using var app = await AuthenticationApp.StartAsync(
            cache: _cache,
            services: services => services.AddAuthentication(SessionManagerDefaults.AuthenticationScheme)
                .AddRemoteScheme<RemoteAuthenticationOptions, RemoteUserHandler>("Remote", null, options => options.CallbackPath = "/signed-in.aspx"),
            before: app => app.Use((context, next) => context.Request.Path.Value is "/" or "/docs/" or "/app.js" ? context.Response.WriteAsync("file") : next(context)));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        var before = _cache.Gets;

        Assert.Equal(body, await browser.ReadAsync(path));
        Assert.Equal(gets, _cache.Gets - before);
    }

    private static void Forward(AuthenticationBuilder schemes, string kind)
    {
        const string Ours = SessionManagerDefaults.AuthenticationScheme;
        _ = kind switch
        {
            "a policy scheme" => schemes.AddPolicyScheme("First", null, options => options.ForwardDefault = Ours),
            "two policy schemes" => schemes
                .AddPolicyScheme("First", null, options => options.ForwardDefaultSelector = _ => "Second")
                .AddPolicyScheme("Second", null, options => options.ForwardAuthenticate = Ours),
            "a scheme with options of its own" =>
                schemes.AddScheme<AuthenticationSchemeOptions, HeaderUserHandler>("First", options => options.ForwardDefaultSelector = _ => Ours),
            _ => schemes.AddSessionManager("First", options => options.ForwardDefault = Ours),
        };
    }

    private static async Task AnswerAsync(HttpContext context) =>
        await context.Response.WriteAsync((await context.AuthenticateAsync()).Principal?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");

    private async Task<HttpStatusCode> StatusInOutageAsync(Browser browser, string path)
    {
        _cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 9);
        using var response = await browser.GetAsync(path);
        _cache.Heal();
        return response.StatusCode;
    }

    private Task<App> StartOpenAsync(bool authorizesFirst) => AuthenticationApp.StartAsync(
        cache: _cache,
        services: services =>
        {
            services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
            services.AddControllers();
        },
        map: app =>
        {
            if (!authorizesFirst)
            {
                app.UseRouting().UseAuthentication().UseAuthorization();
            }

            app.MapPost("/enter/{user}", (ISessionManager session, string user) => session.SetUserId(user)).AllowAnonymous();
            app.MapGet("/allows", () => "page").AllowAnonymous();
            app.MapGet("/requires-and-allows", () => "page").RequireAuthorization().AllowAnonymous();
            app.MapGet("/without-session", () => "page").AllowAnonymous().WithSession(SessionMode.Disabled);
            app.MapGet("/asks", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody").AllowAnonymous();
            app.MapControllerRoute("open", "/controller", new { controller = "Open", action = "Page" });
        });
}
