using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>An <see cref="ISessionManager"/> that somebody holds for longer than a request: it serves the request it is used in, or throws, and
/// never shows another one's session.</summary>
public sealed class ManagerLifetimeTests
{
    public static TheoryData<string> Holders => ["singleton", "middleware", "handler"];

    [Theory]
    [MemberData(nameof(Holders))]
    public async Task It_serves_each_request_its_own_session_one_after_the_other(string holder)
    {
        await using var app = await StartAsync();
        var (ann, bob, nobody) = (app.NewBrowser(), app.NewBrowser(), app.NewBrowser());
        await ann.DoAsync("/sign-in/ann");
        await bob.DoAsync("/sign-in/bob");

        Assert.Equal("ann", await ann.ReadAsync($"/held/{holder}"));
        Assert.Equal("bob", await bob.ReadAsync($"/held/{holder}"));
        Assert.Equal("nobody", await nobody.ReadAsync($"/held/{holder}"));
        Assert.Equal("ann", await ann.ReadAsync($"/held/{holder}"));
    }

    [Theory]
    [MemberData(nameof(Holders))]
    public async Task What_it_stores_is_stored_in_the_session_of_the_request_it_is_used_in(string holder)
    {
        await using var app = await StartAsync();
        var (ann, bob) = (app.NewBrowser(), app.NewBrowser());
        await ann.DoAsync("/sign-in/ann");
        await bob.DoAsync("/sign-in/bob");

        await ann.DoAsync($"/held/{holder}/ann");
        await bob.DoAsync($"/held/{holder}/bob");

        Assert.Equal("ann", await ann.ReadAsync("/values/name"));
        Assert.Equal("bob", await bob.ReadAsync("/values/name"));
    }

    [Theory]
    [MemberData(nameof(Holders))]
    public async Task Requests_at_once_each_see_their_own_session(string holder)
    {
        await using var app = await StartAsync();
        var browsers = Enumerable.Range(0, 20).Select(i => (User: i.ToString(CultureInfo.InvariantCulture), Browser: app.NewBrowser())).ToList();
        await Task.WhenAll(browsers.Select(each => each.Browser.DoAsync($"/sign-in/u{each.User}")));

        for (var round = 0; round < 5; round++)
        {
            var seen = await Task.WhenAll(browsers.Select(each => each.Browser.ReadAsync($"/held/{holder}")));

            Assert.Equal(browsers.Select(each => $"u{each.User}"), seen);
        }
    }

    [Fact]
    public async Task It_is_nobodys_in_work_that_outlives_its_request()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        await browser.ReadAsync("/background");
        var held = app.Services.GetRequiredService<Holder>();

        // The context of the first request may serve the second one by now.
        await app.NewBrowser().DoAsync("/sign-in/bob");
        held.Go.SetResult();

        Assert.IsType<InvalidOperationException>(await held.Outcome);
    }

    [Fact]
    public async Task The_requests_own_one_shows_what_was_there_and_refuses_changes_when_its_flow_has_lost_the_request()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann", await browser.ReadAsync("/without-accessor"));
    }

    [Fact]
    public async Task Outside_of_a_request_it_throws_with_the_reason()
    {
        await using var app = await StartAsync();

        var exception = Assert.Throws<InvalidOperationException>(() => app.Services.GetRequiredService<Holder>().Session.IsAuthenticated);

        Assert.Contains("there is no request", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_was_never_loaded_is_not_loaded_after_its_request()
    {
        ISession? kept = null;
        var ended = new TaskCompletionSource();
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapGet("/keep", (HttpContext context) => Results.Text((kept = context.Session).GetType().Name));
            },
            new AppOptions
            {
                Kestrel = true,
                Session = options => options.LoadMode = LoadMode.OnDemand,
                Before = app => app.Use(async (context, next) =>
                {
                    await next(context);
                    ended.TrySetResult();
                }),
            });
        await app.NewBrowser().ReadAsync("/keep");

        // On a socket the whole response may be there before the request has ended.
        await ended.Task.WaitAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept!.LoadAsync(TestContext.Current.CancellationToken));
        Assert.Throws<InvalidOperationException>(() => kept!.Keys);
    }

    private static async Task<App> StartAsync() => await App.StartAsync(
        app =>
        {
            app.UseMiddleware<HoldingMiddleware>();
            app.MapSession();
            app.MapGet("/held/{holder}", (HttpContext context, string holder) => ReadAsync(context, holder));
            app.MapPost("/held/{holder}/{name}", (HttpContext context, string holder, string name) => StoreAsync(context, holder, name));
            app.MapGet("/background", (Holder held) =>
            {
                held.Outcome = Task.Run(async () =>
                {
                    await held.Go.Task;
                    return Record.Exception(() => held.Session.GetUserId())!;
                });
            });
            app.MapGet("/without-accessor", (ISessionManager session, IHttpContextAccessor accessor) =>
            {
                var user = session.GetUserId();
                accessor.HttpContext = null;
                return session.GetUserId() == user ? user : "another";
            });
        },
        new AppOptions
        {
            Kestrel = true,
            Environment = Environments.Production,
            CookieName = "sid",
            Session = options =>
            {
                options.Cookie.Name = "sid";
                options.Cookie.SecurePolicy = CookieSecurePolicy.None;
            },
            Services = services =>
            {
                services.AddSingleton<Holder>();
                services.AddTransient<HoldingHandler>();
                services.AddHttpClient("held").ConfigurePrimaryHttpMessageHandler(() => new AnsweringHandler()).AddHttpMessageHandler<HoldingHandler>();

                // A host that checks no scopes, as in production: a singleton may hold what is scoped.
                services.AddSingleton<IServiceProviderFactory<IServiceCollection>>(new DefaultServiceProviderFactory());
            },
        });

    private static async Task<string> ReadAsync(HttpContext context, string holder)
    {
        switch (holder)
        {
            case "singleton":
                return context.RequestServices.GetRequiredService<Holder>().Session.GetUserId() ?? "nobody";
            case "middleware":
                return (string)context.Items["middleware"]!;
            default:
                var client = context.RequestServices.GetRequiredService<IHttpClientFactory>().CreateClient("held");
                return await client.GetStringAsync(new Uri("http://127.0.0.1/read"));
        }
    }

    private static async Task StoreAsync(HttpContext context, string holder, string name)
    {
        switch (holder)
        {
            case "singleton":
                context.RequestServices.GetRequiredService<Holder>().Session.StoreValue("name", name);
                break;
            case "middleware":
                ((ISessionManager)context.Items["held"]!).StoreValue("name", name);
                break;
            default:
                var client = context.RequestServices.GetRequiredService<IHttpClientFactory>().CreateClient("held");
                await client.GetStringAsync(new Uri($"http://127.0.0.1/{name}"));
                break;
        }
    }

    private sealed class Holder(IServiceProvider services)
    {
        public ISessionManager Session { get; } = services.GetRequiredService<ISessionManager>();

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Exception> Outcome { get; set; } = null!;
    }

    private sealed class HoldingMiddleware(RequestDelegate next, IServiceProvider services)
    {
        private readonly ISessionManager _session = services.GetRequiredService<ISessionManager>();

        public Task InvokeAsync(HttpContext context)
        {
            context.Items["held"] = _session;
            context.Items["middleware"] = _session.GetUserId() ?? "nobody";
            return next(context);
        }
    }

    private sealed class HoldingHandler(ISessionManager session) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath != "/read")
            {
                session.StoreValue("name", request.RequestUri.AbsolutePath[1..]);
            }

            request.Headers.Add("X-User", session.GetUserId() ?? "nobody");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class AnsweringHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StringContent(request.Headers.GetValues("X-User").Single()) });
    }
}
