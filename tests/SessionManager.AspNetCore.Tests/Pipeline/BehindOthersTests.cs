using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Others in the pipeline: what reads the session in front of static files, what puts a feature of its own in front of ours, and the
/// built-in session left in by mistake.</summary>
public sealed class BehindOthersTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_static_file_is_served_though_a_middleware_reads_the_session_in_front_of_it(bool slowStore)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        if (slowStore)
        {
            _cache.Delay = TimeSpan.FromMilliseconds(1);
        }

        var gets = _cache.Gets;

        using var response = await browser.GetAsync("/asset?reads=true");

        Assert.Equal("an asset", await response.BodyAsync());
        Assert.Equal("ann", response.Headers.GetValues("X-User").Single());
        Assert.Equal(gets + 1, _cache.Gets);
    }

    [Fact]
    public async Task What_a_middleware_changes_in_front_of_a_static_file_is_saved()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        using var response = await browser.GetAsync("/asset?writes=true");

        response.EnsureSuccessStatusCode();
        Assert.Equal("asset", await browser.ReadAsync("/values/last"));
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_static_file_that_nobody_asks_a_session_for_costs_no_store_call()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        var calls = _cache.Calls;

        Assert.Equal("an asset", await browser.ReadAsync("/asset"));

        Assert.Equal(calls, _cache.Calls);
    }

    [Fact]
    public async Task A_store_that_is_down_is_503_for_what_uses_the_session_in_front_of_a_static_file_and_nothing_for_the_file()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        _cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 2);

        using var used = await browser.GetAsync("/asset?reads=true");
        using var plain = await browser.GetAsync("/asset");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (used.StatusCode, plain.StatusCode));
    }

    [Fact]
    public async Task An_endpoint_that_was_made_Disabled_is_named_by_its_route_where_it_has_no_name()
    {
        await using var app = await StartAsync();

        Assert.Contains("'/nameless'", await app.NewBrowser().ReadAsync("/nameless"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_session_is_found_behind_a_feature_that_wraps_it()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync("/wrapped/sign-in");
        Assert.Equal("ann apple wrapped", await browser.ReadAsync("/wrapped/read"));
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Our_session_goes_on_where_UseSession_was_forgotten()
    {
        await using var app = await StartAsync(withBuiltIn: true);
        var browser = app.NewBrowser();

        await browser.DoAsync("/sign-in/ann");
        await browser.DoAsync("/values/fruit/apple");

        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));
    }

    [Theory]
    [InlineData(false, "has not run for this request")]
    [InlineData(true, "Replace app.UseSession()")]
    public async Task Where_UseSessionManager_has_not_run_the_message_says_what_is_the_case(bool withBuiltIn, string expected)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddSessionManager();
        builder.Services.AddSession();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        if (withBuiltIn)
        {
            app.UseSession();
        }

        app.MapGet("/", (ISessionManager session) => Record.Exception(() => session.GetUserId())?.Message);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Contains(expected, await client.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private Task<App> StartAsync(bool withBuiltIn = false) => App.StartAsync(
        app =>
        {
            if (withBuiltIn)
            {
                app.UseSession();
            }

            app.Use((context, next) =>
            {
                if (context.Request.Query.ContainsKey("reads"))
                {
                    context.Response.Headers["X-User"] = context.RequestServices.GetRequiredService<ISessionManager>().GetUserId();
                }

                if (context.Request.Query.ContainsKey("writes"))
                {
                    context.Session.SetString("last", "asset");
                }

                if (context.Request.Path.StartsWithSegments("/wrapped"))
                {
                    context.Features.Set<ISessionFeature>(new Wrapper(context.Features.GetRequiredFeature<ISessionFeature>()));
                }

                return next(context);
            });
            app.MapSession();
            app.MapGet("/asset", (HttpContext context) => context.Response.WriteAsync("an asset")).WithMetadata(Asset());
            app.MapPost("/wrapped/sign-in", (ISessionManager session, HttpContext context) =>
            {
                session.SetUserId("ann");
                context.Session.SetString("fruit", "apple");
            });
            app.MapGet("/wrapped/read", (ISessionManager session, HttpContext context) =>
                $"{session.GetUserId()} {session.GetValue<string>("fruit")} {(context.Features.Get<ISessionFeature>() is Wrapper ? "wrapped" : "bare")}");
            ((IEndpointRouteBuilder)app).DataSources.Add(new DefaultEndpointDataSource(Nameless()));
        },
        new AppOptions { Cache = _cache, Services = services => services.AddSession() });

    private static RouteEndpoint Nameless() => new(
        context => context.Response.WriteAsync(Record.Exception(() => context.Session.GetString("x"))!.Message),
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/nameless"),
        order: 0,
        new EndpointMetadataCollection(new SessionAttribute(SessionMode.Disabled)),
        displayName: "");

    private static StaticAssetDescriptor Asset() => new() { Route = "asset", AssetPath = "asset" };

    private sealed class Wrapper(ISessionFeature inner) : ISessionFeature
    {
        public ISession Session
        {
            get => inner.Session;
            set => inner.Session = value;
        }
    }
}
