using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>What the scheme does in the moments that are rare: another sign-in beside it, an outer request, properties that come back.</summary>
public sealed class SchemeRaceTests
{
    // A middleware between UseSessionManager and UseAuthentication signs Bob in; then alice's stored principal is validated.
    [Theory]
    [InlineData("renew")]
    [InlineData("reject")]
    public async Task A_validation_of_the_former_user_leaves_the_user_alone_who_has_signed_in_meanwhile(string does)
    {
        var on = false;
        await using var app = await AuthenticationApp.StartAsync(
            scheme => scheme.Events.OnValidatePrincipal = context =>
            {
                if (on && context.Principal!.FindFirstValue(ClaimTypes.NameIdentifier) == "alice")
                {
                    if (does == "renew")
                    {
                        context.ReplacePrincipal(AuthenticationApp.PrincipalOf("alice", "admin"));
                        context.ShouldRenew = true;
                    }
                    else
                    {
                        context.RejectPrincipal();
                    }
                }

                return Task.CompletedTask;
            },
            before: app =>
            {
                app.UseSessionManager();
                app.Use((context, next) =>
                {
                    if (context.Request.Path == "/switch")
                    {
                        context.RequestServices.GetRequiredService<ISessionManager>().SetUserId("bob");
                    }

                    return next(context);
                });
                app.UseAuthentication();
                app.UseAuthorization();
            },
            map: app => app.MapGet("/switch", () => "switched"));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        on = true;

        Assert.Equal("switched", await browser.ReadAsync("/switch"));
        on = false;

        Assert.Equal(("bob", "bob"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/user")));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync("/admin")).StatusCode);
    }

    [Fact]
    public async Task A_rejected_principal_is_nobody_for_the_session_manager_without_an_endpoint_too()
    {
        var rejects = false;
        await using var app = await AuthenticationApp.StartAsync(
            scheme => scheme.Events.OnValidatePrincipal = context =>
            {
                if (rejects)
                {
                    context.RejectPrincipal();
                }

                return Task.CompletedTask;
            },
            map: app => app.Use((context, next) => context.Request.Path.StartsWithSegments("/raw")
                ? context.Response.WriteAsync(context.RequestServices.GetRequiredService<ISessionManager>().GetUserId() ?? "nobody")
                : next(context)));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        rejects = true;

        Assert.Equal("nobody", await browser.ReadAsync("/raw"));
    }

    [Fact]
    public async Task An_empty_RedirectUri_is_none()
    {
        var answers = new List<string?>();
        foreach (var ours in (bool[])[true, false])
        {
            void Map(WebApplication app) => app.MapPost("/login", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"), new AuthenticationProperties { RedirectUri = "" }));
            await using var app = ours
                ? await AuthenticationApp.StartAsync(scheme => scheme.LoginPath = "/login", map: Map)
                : await App.StartAsync(Map, new AppOptions { Services = services => services.AddAuthentication().AddCookie(options => options.LoginPath = "/login") });
            using var response = await app.NewBrowser().PostAsync("/login?ReturnUrl=%2Fback");
            answers.Add($"{(int)response.StatusCode} {response.Headers.Location}");
        }

        Assert.Equal(answers[1], answers[0]);
    }

    [Fact]
    public async Task A_slow_request_whose_principal_was_rejected_does_not_end_a_sign_in_that_came_after()
    {
        var (rejects, gate) = (false, new Gate());
        await using var app = await AuthenticationApp.StartAsync(
            scheme => scheme.Events.OnValidatePrincipal = context =>
            {
                if (rejects && context.Principal!.IsInRole("old"))
                {
                    context.RejectPrincipal();
                }

                return Task.CompletedTask;
            },
            map: app => app.MapGet("/slow", async () =>
            {
                await gate.PassAsync();
                return "slow";
            }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/old");
        rejects = true;
        var slow = browser.Clone().ReadAsync("/slow");
        await gate.Reached;
        Assert.Equal("nobody", await browser.ReadAsync("/user"));
        await browser.DoAsync("/sign-in-as/alice/new");
        Assert.Equal("alice", await browser.ReadAsync("/user"));

        gate.Open();
        await slow;

        Assert.Equal("alice", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task The_expiry_that_the_session_stamped_on_its_own_properties_is_nothing_that_the_next_sign_in_asked_for()
    {
        await using var app = await AuthenticationApp.StartAsync(
            map: app => app.MapPost("/become/{user}", async (HttpContext context, string user) =>
            {
                var ticket = await context.AuthenticateAsync();
                await context.SignInAsync(AuthenticationApp.PrincipalOf(user, "user"), ticket.Properties);
            }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        await browser.DoAsync("/become/bob");

        for (var i = 0; i < 5; i++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal((i, "bob"), (i, await browser.ReadAsync("/user")));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rejected_principal_is_nobody_in_an_inner_request_too(bool ownScope)
    {
        var rejects = false;
        await using var app = await AuthenticationApp.StartAsync(
            scheme => scheme.Events.OnValidatePrincipal = context =>
            {
                if (rejects)
                {
                    context.RejectPrincipal();
                }

                return Task.CompletedTask;
            },
            before: app => app.UseSessionManager().UseAuthentication().Use(async (HttpContext outer, RequestDelegate next) =>
            {
                if (outer.Request.Path != "/batch")
                {
                    await next(outer);
                    return;
                }

                await using var scope = outer.RequestServices.CreateAsyncScope();
                var features = new FeatureCollection();
                foreach (var (type, feature) in outer.Features)
                {
                    features[type] = feature;
                }

                var request = new HttpRequestFeature { Method = "GET", Path = "/me", Scheme = "http", Protocol = "HTTP/1.1" };
                request.Headers.Host = "localhost";
                request.Headers.Cookie = outer.Request.Headers.Cookie;
                features.Set<IHttpRequestFeature>(request);
                features.Set<IHttpResponseFeature>(new HttpResponseFeature());
                features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new MemoryStream()));
                features.Set<IEndpointFeature>(null);
                features.Set<IServiceProvidersFeature>(new Services { RequestServices = ownScope ? scope.ServiceProvider : outer.RequestServices });
                var inner = new DefaultHttpContext(features);
                await next(inner);
                await inner.Response.CompleteAsync();
                await outer.Response.WriteAsync($"{outer.User.Identity!.IsAuthenticated} {System.Text.Encoding.UTF8.GetString(((MemoryStream)inner.Response.Body).ToArray())}");
            }).UseRouting().UseSessionManager().UseAuthorization());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        Assert.Equal("True alice", await browser.ReadAsync("/batch"));
        rejects = true;

        Assert.Equal("False nobody", await browser.ReadAsync("/batch"));
    }

    [Fact]
    public async Task A_mark_that_can_not_be_stored_fails_no_request()
    {
        FaultStore store = null!;
        await using var app = await AuthenticationApp.StartAsync(
            scheme => scheme.Events.OnValidatePrincipal = context =>
            {
                context.MarkValidated();
                return Task.CompletedTask;
            },
            services: services => FaultStore.AddTo(services, made => store = made));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        store.Plan(StoreOperation.Commit, StoreFaultKind.Fail, times: 9);

        Assert.Equal("alice", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_slow_renewal_of_the_former_sign_in_does_not_replace_the_principal_of_a_later_sign_in()
    {
        var gate = new Gate();
        await using var app = await AuthenticationApp.StartAsync(
            map: app => app.MapPost("/renew-slowly", async (HttpContext context) =>
            {
                var ticket = await context.AuthenticateAsync();
                await gate.PassAsync();
                await context.SignInAsync(ticket.Principal!, ticket.Properties);
            }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/admin");
        var slow = browser.Clone().PostAsync("/renew-slowly");
        await gate.Reached;
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await browser.DoAsync("/sign-in-as/alice/user");
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync("/admin")).StatusCode);
        gate.Open();

        using var response = await slow;
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Forbidden), (response.StatusCode, (await browser.GetAsync("/admin")).StatusCode));
    }

    private sealed class Services : IServiceProvidersFeature
    {
        public required IServiceProvider RequestServices { get; set; }
    }
}
