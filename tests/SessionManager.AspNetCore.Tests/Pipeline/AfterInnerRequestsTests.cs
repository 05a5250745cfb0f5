using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A middleware that runs one inner request and goes on with its own, however that leaves <c>IHttpContextAccessor</c> and the handlers
/// of authentication.</summary>
public sealed class AfterInnerRequestsTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_is_stored_before_and_after_an_inner_request_and_in_it_is_saved(bool setsAccessor, bool ownScope)
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app.UseSessionManager().Use(async (HttpContext outer, RequestDelegate next) =>
        {
            if (outer.Request.Path != "/batch")
            {
                await next(outer);
                return;
            }

            // All in one method: what the inner request puts into the accessor is there afterwards.
            var session = outer.RequestServices.GetRequiredService<ISessionManager>();
            session.StoreValue("before", "b");
            await using var scope = outer.RequestServices.CreateAsyncScope();
            var inner = Inner(outer, "POST /values/within/w", ownScope ? scope.ServiceProvider : outer.RequestServices);
            if (setsAccessor)
            {
                outer.RequestServices.GetRequiredService<IHttpContextAccessor>().HttpContext = inner;
            }

            await next(inner);
            await inner.Response.CompleteAsync();
            session.StoreValue("after", "a");
            await outer.Response.WriteAsync($"{BodyOf(inner)} {session.GetUserId()}");
        }).UseRouting());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("200 true ann", await browser.ReadAsync("/batch"));
        Assert.Equal(
            "b w a",
            $"{await browser.ReadAsync("/values/before")} {await browser.ReadAsync("/values/within")} {await browser.ReadAsync("/values/after")}");
    }

    [Fact]
    public async Task An_outer_request_whose_very_features_an_inner_one_had_goes_on_with_its_own_session()
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app.UseSessionManager().Use(async (HttpContext outer, RequestDelegate next) =>
        {
            if (outer.Request.Path != "/batch")
            {
                await next(outer);
                return;
            }

            outer.Session.SetString("before", "b");
            var body = outer.Response.Body;
            var inner = new DefaultHttpContext(outer.Features) { RequestServices = outer.RequestServices };
            inner.SetEndpoint(null);
            (inner.Request.Method, inner.Request.Path, inner.Response.Body) = ("POST", "/values/within/w", new MemoryStream());
            await next(inner);
            outer.Response.Body = body;
            outer.Session.SetString("after", "a");
            await outer.Response.WriteAsync($"{outer.RequestServices.GetRequiredService<ISessionManager>().GetUserId()} {outer.Session.GetString("before")}");
        }).UseRouting());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann b", await browser.ReadAsync("/batch"));
        Assert.Equal("w a", $"{await browser.ReadAsync("/values/within")} {await browser.ReadAsync("/values/after")}");
    }

    [Fact]
    public async Task A_manager_that_is_first_resolved_after_an_inner_request_that_shared_its_session_finds_it()
    {
        await using var app = await AuthenticationApp.StartAsync(map: app => app.Use(async (HttpContext outer, RequestDelegate next) =>
        {
            if (outer.Request.Path != "/batch")
            {
                await next(outer);
                return;
            }

            await using var scope = outer.RequestServices.CreateAsyncScope();
            var within = await ReadAsync(Inner(outer, "GET /", scope.ServiceProvider));
            await outer.Response.WriteAsync($"{within} {outer.RequestServices.GetRequiredService<ISessionManager>().GetUserId()}");
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann ann", await browser.ReadAsync("/batch"));

        static async Task<string?> ReadAsync(HttpContext inner)
        {
            await Task.Yield();
            inner.RequestServices.GetRequiredService<IHttpContextAccessor>().HttpContext = inner;
            return inner.RequestServices.GetRequiredService<ISessionManager>().GetUserId();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sign_in_and_a_sign_out_in_an_inner_request_are_of_its_own_session(bool ownScope)
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app.UseAuthentication().Use(async (HttpContext outer, RequestDelegate next) =>
        {
            if (outer.Request.Path != "/batch")
            {
                await next(outer);
                return;
            }

            await using var scope = outer.RequestServices.CreateAsyncScope();
            var inner = Inner(outer, Uri.UnescapeDataString(outer.Request.QueryString.Value![1..]), ownScope ? scope.ServiceProvider : outer.RequestServices);
            await next(inner);
            await inner.Response.CompleteAsync();
            outer.Response.Headers.SetCookie = inner.Response.Headers.SetCookie;
            await outer.Response.WriteAsync(BodyOf(inner));
        }).UseRouting().UseAuthorization());
        var browser = app.NewBrowser();

        Assert.Equal("200 ", await browser.ReadAsync("/batch?POST /sign-in-as/ann/clerk"));
        Assert.Equal("ann", await browser.ReadAsync("/user"));
        Assert.Equal("200 ", await browser.ReadAsync("/batch?POST /scheme-sign-out"));
        Assert.Equal("nobody", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task Who_asks_in_an_inner_request_for_the_user_is_not_taken_for_the_middleware_in_front()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            cache: cache,
            before: app => app.UseAuthentication().Use(async (HttpContext outer, RequestDelegate next) =>
            {
                if (outer.Request.Path != "/batch")
                {
                    await next(outer);
                    return;
                }

                await using var scope = outer.RequestServices.CreateAsyncScope();
                var inner = Inner(outer, "GET /terminal", scope.ServiceProvider);
                await next(inner);
                await outer.Response.WriteAsync(BodyOf(inner));
            }).UseRouting(),
            map: app => app.Use(async (HttpContext context, RequestDelegate next) =>
            {
                if (context.Request.Path != "/terminal")
                {
                    await next(context);
                    return;
                }

                var result = await context.AuthenticateAsync();
                await context.Response.WriteAsync(result.Principal?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
            }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("200 ann", await browser.ReadAsync("/batch"));
        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 9);
        Assert.StartsWith("503 ", await browser.ReadAsync("/batch"), StringComparison.Ordinal);
    }

    private static DefaultHttpContext Inner(HttpContext outer, string line, IServiceProvider services)
    {
        var request = new HttpRequestFeature { Method = line.Split(' ')[0], Path = line.Split(' ')[1], Scheme = "http", Protocol = "HTTP/1.1" };
        request.Headers.Host = "localhost";
        request.Headers.Cookie = outer.Request.Headers.Cookie;
        var features = new FeatureCollection();
        foreach (var (type, feature) in outer.Features)
        {
            features[type] = feature;
        }

        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new MemoryStream()));
        features.Set<IEndpointFeature>(null);
        features.Set<IRouteValuesFeature>(null);
        features.Set<IServiceProvidersFeature>(new Services { RequestServices = services });
        return new DefaultHttpContext(features);
    }

    private static string BodyOf(HttpContext inner) =>
        $"{inner.Response.StatusCode} {Encoding.UTF8.GetString(((MemoryStream)inner.Response.Body).ToArray())}";

    private sealed class Services : IServiceProvidersFeature
    {
        public required IServiceProvider RequestServices { get; set; }
    }
}
