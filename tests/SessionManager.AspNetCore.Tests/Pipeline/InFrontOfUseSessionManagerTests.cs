using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Requests that are answered in front of <c>UseSessionManager</c>, or come to it in another way than servers bring them.</summary>
public sealed class InFrontOfUseSessionManagerTests
{
    private readonly FaultCache _cache = new();

    [Fact]
    public async Task A_request_that_authorization_refuses_is_a_use_of_its_session()
    {
        await using var app = await AuthenticationApp.StartAsync(cache: _cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        using var response = await browser.GetAsync("/admin");
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_middleware_that_reads_a_strangers_session_and_answers_by_itself_uses_it()
    {
        await using var app = await AuthenticationApp.StartAsync(cache: _cache, before: app => app.Use((context, next) =>
            context.Request.Path == "/answered"
                ? context.Response.WriteAsync(context.RequestServices.GetRequiredService<ISessionManager>().GetValue<string>("value") ?? "nothing")
                : next(context)));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/x");
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal("x", await browser.ReadAsync("/answered"));
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal("x", await browser.ReadAsync("/values/value"));
    }

    [Fact]
    public async Task A_host_that_makes_its_contexts_itself_need_not_know_the_accessor()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions
        {
            Cache = _cache,
            Services = services => services.AddSingleton<IHttpContextFactory, ContextFactory>(),
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("nobody", await app.NewBrowser().ReadAsync("/me"));
    }

    [Fact]
    public async Task Where_UseSessionManager_stands_twice_the_outer_one_does_the_work()
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.Use(async (context, next) =>
                {
                    await next(context);
                    if (context.Request.Path == "/sign-in/ann")
                    {
                        context.Session.SetString("between", "x");
                    }
                });
                app.UseSessionManager();
                app.MapSession();
            },
            new AppOptions { Cache = _cache });
        var browser = app.NewBrowser();

        // To its end: what was changed between the two is saved by then.
        using var response = await browser.PostAsync("/sign-in/ann");
        await response.BodyAsync();

        Assert.Single(browser.LastSetCookies);
        Assert.Equal(("ann", "x"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/between")));
        Assert.Single(_cache.Records);
    }

    private sealed class ContextFactory(IServiceScopeFactory scopes) : IHttpContextFactory
    {
        public HttpContext Create(IFeatureCollection featureCollection) => new DefaultHttpContext(featureCollection) { ServiceScopeFactory = scopes };

        public void Dispose(HttpContext httpContext)
        {
        }
    }
}
