using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Asking for the user is using the session: with the store down nobody is taken for a guest, and who never asks costs no store call.</summary>
public sealed class AskingForTheUserTests
{
    private static readonly Dictionary<string, Func<HttpContext, Task<string>>> Ways = new(StringComparer.Ordinal)
    {
        ["user"] = context => Task.FromResult(NameOf(context.User)),
        ["feature"] = context => Task.FromResult(NameOf(context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Principal)),
        ["authenticate"] = async context => NameOf((await context.AuthenticateAsync()).Principal),
        ["authenticate-by-name"] = async context => NameOf((await context.AuthenticateAsync(SessionManagerDefaults.AuthenticationScheme)).Principal),
        ["accessor"] = context => Task.FromResult(NameOf(context.RequestServices.GetRequiredService<IHttpContextAccessor>().HttpContext!.User)),
        ["authorize"] = async context =>
            (await context.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(context.User, null, "signed-in")).Succeeded ? "ann" : "nobody",
    };

    public static TheoryData<string, Place, string> AllWays
    {
        get
        {
            var ways = new TheoryData<string, Place, string>();
            foreach (var way in Ways.Keys)
            {
                foreach (var place in Enum.GetValues<Place>())
                {
                    ways.Add(way, place, Environments.Development);
                    ways.Add(way, place, Environments.Production);
                }
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task It_is_503_in_an_outage_and_the_user_otherwise(string way, Place place, string environment)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, way, place, environment);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann", await browser.ReadAsync("/asks"));
        Assert.Equal("nobody", await app.NewBrowser().ReadAsync("/asks"));

        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 2);
        using var asked = await browser.GetAsync("/asks");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (asked.StatusCode, asked.Content.Headers.ContentType?.MediaType));
        Assert.NotNull(asked.Headers.RetryAfter);
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("plain", await browser.ReadAsync("/plain"));

        Assert.Equal("ann", await browser.ReadAsync("/asks"));
    }

    [Theory]
    [InlineData("/protected")]
    [InlineData("/allowed-for-all")]
    [InlineData("/by-scheme")]
    [InlineData("/recent")]
    public async Task An_endpoint_that_authorization_decides_on_is_503_in_an_outage(string path)
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, map: app =>
        {
            app.MapGet("/allowed-for-all", () => "x").RequireAuthorization(policy => policy.RequireAssertion(context => context.User.Identity is not null));
            app.MapGet("/by-scheme", () => "x").RequireAuthorization(new AuthorizationPolicyBuilder(SessionManagerDefaults.AuthenticationScheme).RequireAuthenticatedUser().Build());
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync(path);
        using var served = await browser.GetAsync(path);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (refused.StatusCode, served.StatusCode));
    }

    [Theory]
    [InlineData("fallback")]
    [InlineData("default")]
    [InlineData("scheme")]
    public async Task A_page_that_anybody_may_see_is_served_in_an_outage_unless_it_asks(string kind)
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            cache: cache,
            services: services => services.AddAuthorizationBuilder().SetFallbackPolicy(
                kind == "fallback" ? new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build() : null),
            map: app =>
            {
                var group = app.MapGroup("/open");
                group.MapGet("/served", () => "served");
                group.MapGet("/asks", (ClaimsPrincipal user) => NameOf(user));
                _ = kind switch
                {
                    "default" => group.RequireAuthorization(),
                    "scheme" => group.RequireAuthorization(new AuthorizationPolicyBuilder(SessionManagerDefaults.AuthenticationScheme).RequireAuthenticatedUser().Build()),
                    _ => group,
                };
                group.AllowAnonymous();
                app.MapPost("/enter", (ISessionManager session) => session.SetUserId("ann")).AllowAnonymous();
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/enter");
        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 2);

        Assert.Equal("served", await browser.ReadAsync("/open/served"));
        using var asked = await browser.GetAsync("/open/asks");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, asked.StatusCode);
        Assert.Equal("ann", await browser.ReadAsync("/open/asks"));
    }

    [Fact]
    public async Task What_is_thrown_in_front_is_503_also_where_an_exception_page_stands_around_it()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            cache: cache,
            services: services => services.AddProblemDetails(),
            before: app => app.UseExceptionHandler().UseRouting().UseAuthentication().UseAuthorization());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync("/protected");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter is not null));
    }

    [Theory]
    [InlineData(true, "/protected")]
    [InlineData(false, "/protected")]
    [InlineData(false, "/user")]
    [InlineData(false, "/me")]
    public async Task It_is_503_also_where_a_handler_of_the_application_answers_500_to_everything(bool inFront, string path)
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app =>
            {
                if (!inFront)
                {
                    app.UseExceptionHandler(_ => { }).UseRouting().UseAuthentication().UseAuthorization();
                }

                app.MapSession();
                app.MapGet("/protected", () => "secret").RequireAuthorization();
                app.MapGet("/user", (ClaimsPrincipal user) => NameOf(user));
                app.MapGet("/fails", void () => throw new InvalidOperationException());
            },
            new AppOptions
            {
                Cache = cache,
                Services = services =>
                {
                    services.AddExceptionHandler<AnswersEverything>().AddAuthorization();
                    services.AddAuthentication().AddSessionManager();
                },
                Before = app => _ = inFront ? app.UseExceptionHandler(_ => { }).UseRouting().UseAuthentication().UseAuthorization() : null,
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync(path);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter is not null));
        using var failed = await browser.GetAsync("/fails");
        Assert.Equal("answered", await failed.BodyAsync());
    }

    [Fact]
    public async Task A_form_with_an_antiforgery_token_asks_for_the_user()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            cache: cache,
            services: services => services.AddAntiforgery(),
            map: app => app.MapGet("/form", (HttpContext context, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(context).RequestToken));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync("/form");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotEmpty(await browser.ReadAsync("/form"));
    }

    [Fact]
    public async Task A_strangers_challenge_is_no_forbid()
    {
        await using var app = await AuthenticationApp.StartAsync();

        using var refused = await app.NewBrowser().GetAsync("/admin");

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_user_that_is_put_in_its_place_is_the_user()
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app.Use((context, next) =>
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "bob")], "other"));
            return context.Request.Path == "/terminal" ? context.Response.WriteAsync(NameOf(context.User)) : next(context);
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(("bob", "bob"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/terminal")));
    }

    [Fact]
    public async Task A_user_that_is_put_in_the_place_of_one_who_was_asked_for_is_the_one_who_is_authorized()
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app
            .UseAuthentication()
            .Use((context, next) =>
            {
                if (NameOf(context.User) == "ann")
                {
                    context.User = AuthenticationApp.PrincipalOf("bob", "clerk");
                }

                return next(context);
            })
            .UseRouting()
            .UseAuthorization());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/ann/admin");

        using var refused = await browser.GetAsync("/admin");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("bob", await browser.ReadAsync("/user"));
    }

    [Theory]
    [InlineData("/user-and-claims")]
    [InlineData("/terminal")]
    public async Task Claims_are_transformed_when_the_user_is_asked_for_and_not_before(string path)
    {
        var transformation = new CountingTransformation();
        await using var app = await AuthenticationApp.StartAsync(
            services: services => services.AddSingleton<IClaimsTransformation>(transformation),
            before: app => app.Use((context, next) => context.Request.Path.Value switch
            {
                "/terminal" => context.Response.WriteAsync(context.User.FindFirstValue("department") ?? "none"),
                "/app.js" => context.Response.WriteAsync("file"),
                _ => next(context),
            }),
            map: app => app.MapGet("/user-and-claims", (ClaimsPrincipal user) => user.FindFirstValue("department") ?? "none"));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        transformation.Count = 0;

        Assert.Equal("file", await browser.ReadAsync("/app.js"));
        Assert.Equal(0, transformation.Count);
        Assert.Equal("books", await browser.ReadAsync(path));
        Assert.Equal(1, transformation.Count);
    }

    [Fact]
    public async Task A_log_of_the_user_behind_a_page_that_did_not_ask_does_not_undo_the_page()
    {
        var cache = new FaultCache();
        var logged = new List<string>();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, before: app => app.Use(async (context, next) =>
        {
            await next(context);
            logged.Add(NameOf(context.User));
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        Assert.Equal("plain", await browser.ReadAsync("/plain"));
        Assert.Equal("nobody", logged[^1]);
        Assert.Equal("plain", await browser.ReadAsync("/plain"));
        Assert.Equal("ann", logged[^1]);
    }

    [Fact]
    public async Task A_file_in_front_costs_no_store_call_though_authentication_runs_before_it()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, before: app => app.Use((context, next) =>
            context.Request.Path == "/app.js" ? context.Response.WriteAsync("file") : next(context)));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        var calls = (cache.Calls, cache.UserGets);

        using var response = await browser.GetAsync("/app.js");

        Assert.Equal("file", await response.BodyAsync());
        Assert.Equal(calls, (cache.Calls, cache.UserGets));
        Assert.Null(response.Headers.CacheControl);
        Assert.Empty(response.Headers.Vary);
    }

    [Fact]
    public async Task A_file_in_front_that_shows_the_user_is_not_to_be_stored()
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app.Use((context, next) =>
        {
            context.Response.Headers.ETag = "\"1\"";
            return context.Request.Path == "/app.js" ? context.Response.WriteAsync(NameOf(context.User)) : next(context);
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        using var response = await browser.GetAsync("/app.js");

        Assert.Equal("ann", await response.BodyAsync());
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal(["Cookie"], response.Headers.Vary);
    }

    [Fact]
    public async Task A_policy_scheme_in_front_changes_nothing_of_it()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            cache: cache,
            services: services => services.AddAuthentication("Smart").AddPolicyScheme(
                "Smart", null, options => options.ForwardDefaultSelector = _ => SessionManagerDefaults.AuthenticationScheme),
            before: app => app.Use((context, next) => context.Request.Path == "/app.js" ? context.Response.WriteAsync("file") : next(context)));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        Assert.Equal("ann", await browser.ReadAsync("/user"));
        var calls = cache.Calls;
        Assert.Equal("file", await browser.ReadAsync("/app.js"));
        Assert.Equal(calls, cache.Calls);

        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 2);
        using var asked = await browser.GetAsync("/user");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, asked.StatusCode);
        Assert.Equal("plain", await browser.ReadAsync("/plain"));
    }

    private static string NameOf(ClaimsPrincipal? user) => user?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody";

    private static Task<App> StartAsync(FaultCache cache, string way, Place place, string environment) => App.StartAsync(
        app =>
        {
            app.MapSession();
            if (place == Place.Endpoint)
            {
                app.MapGet("/asks", context => AnswerAsync(context, way));
            }
            else if (place == Place.Behind)
            {
                app.Use((context, next) => context.Request.Path == "/asks" ? AnswerAsync(context, way) : next(context));
            }
        },
        new AppOptions
        {
            Cache = cache,
            Environment = environment,
            Session = options => options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest,
            CookieName = "sid",
            Services = services =>
            {
                services.Configure<SessionManagerOptions>(options => options.Cookie.Name = "sid");
                services.AddAuthentication().AddSessionManager();
                services.AddAuthorizationBuilder().AddPolicy("signed-in", policy => policy.RequireAuthenticatedUser());
            },
            Before = place == Place.InFront
                ? app => app.Use((context, next) => context.Request.Path == "/asks" ? AnswerAsync(context, way) : next(context))
                : null,
        });

    private static async Task AnswerAsync(HttpContext context, string way) => await context.Response.WriteAsync(await Ways[way](context));

    public enum Place
    {
        InFront,
        Behind,
        Endpoint,
    }

    private sealed class AnswersEverything : IExceptionHandler
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
        {
            await httpContext.Response.WriteAsync("answered", cancellationToken);
            return true;
        }
    }

    private sealed class CountingTransformation : IClaimsTransformation
    {
        public int Count { get; set; }

        public async Task<ClaimsPrincipal> TransformAsync(ClaimsPrincipal principal)
        {
            await Task.Yield();
            Count++;
            var copy = principal.Clone();
            copy.AddIdentity(new ClaimsIdentity([new Claim("department", "books")]));
            return copy;
        }
    }
}
