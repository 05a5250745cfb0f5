using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Requests that run within another one, as those of a batch do: on contexts that were made of the outer one's features.</summary>
public sealed class InnerRequestTests
{
    public enum Features
    {
        /// <summary>A copy of each, as OData makes.</summary>
        Copied,

        /// <summary>The outer ones beneath.</summary>
        Beneath,
    }

    public static TheoryData<Features, bool, bool, bool> Kinds
    {
        get
        {
            var kinds = new TheoryData<Features, bool, bool, bool>();
            foreach (var features in Enum.GetValues<Features>())
            {
                for (var i = 0; i < 8; i++)
                {
                    kinds.Add(features, (i & 1) > 0, (i & 2) > 0, (i & 4) > 0);
                }
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Each_runs_and_is_saved_before_its_answer(Features features, bool withCookie, bool setsAccessor, bool ownScope)
    {
        await using var app = await StartAsync(features, withCookie, setsAccessor, ownScope, behind: false);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(
            "200 true|200 one|200 ann|200 ann",
            await browser.ReadAsync("/batch?POST /values/first/one|GET /values/first|GET /me|GET /protected-user"));
        Assert.Equal("one", await browser.ReadAsync("/values/first"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_outer_one_goes_on_with_its_own_session(Features features, bool withCookie, bool setsAccessor, bool ownScope)
    {
        await using var app = await StartAsync(features, withCookie, setsAccessor, ownScope, behind: false);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        var id = await browser.ReadAsync("/id");

        Assert.Equal($"{id} {id} ann", await browser.ReadAsync("/outer?GET /me|GET /plain"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Behind_UseSessionManager_they_share_the_outer_ones_session(Features features, bool withCookie, bool setsAccessor, bool ownScope)
    {
        await using var app = await StartAsync(features, withCookie, setsAccessor, ownScope, behind: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("200 ann|200 true|200 one", await browser.ReadAsync("/batch?GET /branch/me|POST /branch/store|GET /branch/read"));
        Assert.Equal("one", await browser.ReadAsync("/values/first"));
    }

    [Fact]
    public async Task An_inner_one_does_not_see_what_the_outer_one_has_not_saved_yet()
    {
        var batch = new Batch(Features.Copied, withCookie: true, setsAccessor: true, ownScope: false);
        await using var app = await AuthenticationApp.StartAsync(map: app =>
        {
            app.Use((context, next) =>
            {
                if (context.Request.Path == "/batch")
                {
                    Batch.ManagerOf(context).StoreValue("first", "one");
                }

                return next(context);
            });
            app.Use(batch.RunAsync).UseSessionManager().UseRouting();
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("200 nothing|200 ann", await browser.ReadAsync("/batch?GET /values/first|GET /me"));
        Assert.Equal("one", await browser.ReadAsync("/values/first"));
    }

    [Fact]
    public async Task A_stranger_begins_a_session_in_each()
    {
        await using var app = await StartAsync(Features.Copied, withCookie: true, setsAccessor: true, ownScope: false, behind: false);

        Assert.Equal("200 true|200 nothing", await app.NewBrowser().ReadAsync("/batch?POST /values/first/one|GET /values/first"));
    }

    private static Task<App> StartAsync(Features features, bool withCookie, bool setsAccessor, bool ownScope, bool behind)
    {
        var batch = new Batch(features, withCookie, setsAccessor, ownScope);
        return AuthenticationApp.StartAsync(
            before: behind ? null : app => app.UseAuthentication().Use(batch.RunAsync).UseRouting().UseAuthorization(),
            map: app =>
            {
                app.MapGet("/protected-user", (HttpContext context) => context.User.Claims.First().Value).RequireAuthorization();
                if (behind)
                {
                    app.Use(batch.RunAsync);
                    app.Use((context, next) => context.Request.Path.Value switch
                    {
                        "/branch/me" => context.Response.WriteAsync(Batch.ManagerOf(context).GetUserId() ?? "nobody"),
                        "/branch/store" => context.Response.WriteAsync(Batch.ManagerOf(context).StoreValue("first", "one") ? "true" : "false"),
                        "/branch/read" => context.Response.WriteAsync(context.Session.GetString("first") ?? "nothing"),
                        _ => next(context),
                    });
                }
            });
    }

    /// <summary>A middleware that runs the requests which the query lists, one after the other.</summary>
    private sealed class Batch(Features features, bool withCookie, bool setsAccessor, bool ownScope)
    {
        public static ISessionManager ManagerOf(HttpContext context) => context.RequestServices.GetRequiredService<ISessionManager>();

        public async Task RunAsync(HttpContext outer, RequestDelegate next)
        {
            if (outer.Request.Path != "/batch" && outer.Request.Path != "/outer")
            {
                await next(outer);
                return;
            }

            var session = ManagerOf(outer);
            var id = session.SessionId;
            var answers = new List<string>();
            foreach (var line in Uri.UnescapeDataString(outer.Request.QueryString.Value![1..]).Split('|'))
            {
                answers.Add(await RunAsync(outer, next, line.Split(' ')));
            }

            var answer = outer.Request.Path == "/batch"
                ? string.Join('|', answers)
                : $"{id} {session.SessionId} {ManagerOf(outer).GetUserId()}";
            await outer.Response.WriteAsync(answer);
        }

        private async Task<string> RunAsync(HttpContext outer, RequestDelegate next, string[] line)
        {
            var request = new HttpRequestFeature { Method = line[0], Path = line[1], Scheme = "http", Protocol = "HTTP/1.1" };
            request.Headers.Host = "localhost";
            if (withCookie && outer.Request.Headers.Cookie is { Count: > 0 } cookie)
            {
                request.Headers.Cookie = cookie;
            }

            var body = new MemoryStream();
            var collection = CollectionOf(outer);
            collection.Set<IHttpRequestFeature>(request);
            collection.Set<IHttpResponseFeature>(new HttpResponseFeature());
            collection.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
            collection.Set<IEndpointFeature>(null);
            collection.Set<IRouteValuesFeature>(null);
            await using var scope = outer.RequestServices.CreateAsyncScope();
            collection.Set<IServiceProvidersFeature>(new Services { RequestServices = ownScope ? scope.ServiceProvider : outer.RequestServices });
            var inner = new DefaultHttpContext(collection);

            if (setsAccessor)
            {
                outer.RequestServices.GetRequiredService<IHttpContextAccessor>().HttpContext = inner;
            }

            await next(inner);
            await inner.Response.CompleteAsync();
            return $"{inner.Response.StatusCode} {Encoding.UTF8.GetString(body.ToArray())}";
        }

        private sealed class Services : IServiceProvidersFeature
        {
            public required IServiceProvider RequestServices { get; set; }
        }

        private FeatureCollection CollectionOf(HttpContext outer)
        {
            if (features == Features.Beneath)
            {
                return new FeatureCollection(outer.Features);
            }

            var collection = new FeatureCollection();
            foreach (var (type, feature) in outer.Features)
            {
                collection[type] = feature;
            }

            return collection;
        }
    }
}
