using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Changes that are made while the response starts, by an <c>OnStarting</c> callback, on servers that run callbacks in different ways.</summary>
public sealed class StartingCallbackTests
{
    private static readonly string[] Shapes = ["text", "empty", "204", "redirect", "start", "file", "late"];

    public static TheoryData<CallbackKind, string> Everywhere
    {
        get
        {
            var data = new TheoryData<CallbackKind, string>();
            foreach (var kind in Enum.GetValues<CallbackKind>())
            {
                foreach (var shape in Shapes)
                {
                    data.Add(kind, shape);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_first_value_is_saved_with_its_cookie(CallbackKind kind, string shape)
    {
        var created = 0;
        await using var app = await StartAsync(kind, options => options.Events.OnCreated = _ => Task.FromResult(created++));
        var browser = app.NewBrowser();

        using var response = await browser.GetAsync($"/in-callback/{shape}?do=store");

        Assert.True((int)response.StatusCode < 400, $"{response.StatusCode}");
        Assert.Single(browser.LastSetCookies);
        Assert.Equal("late", await browser.ReadAsync("/values/fruit"));
        Assert.Equal(1, created);
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_sign_in_is_saved_with_its_cookie(CallbackKind kind, string shape)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        var anonymous = browser.Clone();

        using var response = await browser.GetAsync($"/in-callback/{shape}?do=sign-in");

        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Equal("nobody", await anonymous.ReadAsync("/me"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_change_on_top_of_the_handlers_own_is_saved_too(CallbackKind kind, string shape)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();

        using var response = await browser.GetAsync($"/in-callback/{shape}?do=store&first=true");

        Assert.Equal("late", await browser.ReadAsync("/values/fruit"));
        Assert.Equal("stored", await browser.ReadAsync("/values/first"));
    }

    [Theory]
    [InlineData(CallbackKind.Kestrel)]
    [InlineData(CallbackKind.TestServer)]
    [InlineData(CallbackKind.Iis)]
    public async Task A_value_that_is_set_and_removed_again_establishes_the_session(CallbackKind kind)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();

        Assert.Equal("begun", await browser.ReadAsync("/in-callback/streamed?do=establish"));

        Assert.Single(browser.LastSetCookies);
        Assert.Equal("afterwards", await browser.ReadAsync("/values/fruit"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_save_that_fails_there_is_no_success_and_gives_no_cookie(CallbackKind kind, string shape)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(kind, cache: cache);
        var browser = app.NewBrowser();
        cache.Plan(CacheOperation.Set, CacheFault.Fail, times: 10);

        HttpStatusCode? status = null;
        try
        {
            using var response = await browser.GetAsync($"/in-callback/{shape}?do=store");
            status = response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or SessionStoreException)
        {
            // TestServer hands what a callback throws to the client.
        }

        Assert.True(status is null or >= HttpStatusCode.InternalServerError, $"{status}");
        Assert.Null(browser.Token);
    }

    [Theory]
    [InlineData(CallbackKind.Kestrel, "text")]
    [InlineData(CallbackKind.Kestrel, "empty")]
    [InlineData(CallbackKind.TestServer, "text")]
    [InlineData(CallbackKind.TestServer, "empty")]
    [InlineData(CallbackKind.Iis, "text")]
    [InlineData(CallbackKind.Iis, "empty")]
    public async Task A_callback_that_was_registered_in_front_is_saved_or_throws_with_the_reason(CallbackKind kind, string shape)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();

        // The first request asks the server how it does it.
        await browser.ReadAsync("/me");
        using var response = await browser.GetAsync($"/in-front/{shape}");

        if (kind == CallbackKind.Kestrel)
        {
            Assert.Equal("late", await browser.ReadAsync("/values/fruit"));
        }
        else
        {
            Assert.Contains("registered before UseSessionManager", response.Headers.GetValues("X-Refused").Single(), StringComparison.Ordinal);
            Assert.Null(browser.Token);
        }
    }

    [Fact]
    public async Task What_one_response_does_is_not_taken_for_what_another_does()
    {
        await using var app = await StartAsync(CallbackKind.Kestrel);
        var browser = app.NewBrowser();
        await browser.ReadAsync("/me");

        using var response = await browser.GetAsync("/in-front/text?iis=true");

        Assert.Contains("registered before UseSessionManager", response.Headers.GetValues("X-Refused").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CallbackKind.Kestrel)]
    [InlineData(CallbackKind.TestServer)]
    [InlineData(CallbackKind.Iis)]
    public async Task A_callback_of_a_handler_that_threw_saves_nothing_and_does_not_disturb_the_error_page(CallbackKind kind)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();

        using var response = await browser.GetAsync("/in-callback/throw?do=store");

        Assert.Equal("the error page", await response.BodyAsync());
        Assert.Null(browser.Token);
    }

    [Theory]
    [InlineData(CallbackKind.Kestrel)]
    [InlineData(CallbackKind.TestServer)]
    [InlineData(CallbackKind.Iis)]
    public async Task A_callback_of_a_refused_save_does_not_disturb_its_503(CallbackKind kind)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(kind, cache: cache);
        var browser = app.NewBrowser();
        cache.Plan(CacheOperation.Set, CacheFault.Fail, times: 10);

        using var response = await browser.GetAsync("/in-callback/text?do=store&first=true");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Null(browser.Token);
    }

    private static Task<App> StartAsync(CallbackKind kind, Action<SessionManagerOptions>? session = null, FaultCache? cache = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/in-callback/{shape}", RespondAsync);
            app.MapGet("/in-front/{shape}", (HttpContext context, string shape) => ShapeAsync(context, shape));
        },
        new AppOptions
        {
            Kestrel = kind == CallbackKind.Kestrel,
            Session = session,
            Cache = cache,
            Before = app =>
            {
                app.Use((context, next) =>
                {
                    if (kind == CallbackKind.Iis || context.Request.Query.ContainsKey("iis"))
                    {
                        context.Features.Set<IHttpResponseFeature>(new IisCallbacks(context.Features.GetRequiredFeature<IHttpResponseFeature>()));
                    }

                    return next(context);
                });
                app.UseExceptionHandler(handler => handler.Run(context => context.Response.WriteAsync("the error page")));
                app.Use((context, next) =>
                {
                    if (context.Request.Path.StartsWithSegments("/in-front"))
                    {
                        context.Response.OnStarting(() => StoreInFront(context));
                    }

                    return next(context);
                });
            },
        });

    private static Task StoreInFront(HttpContext context)
    {
        try
        {
            context.Session.Set("fruit", "late"u8.ToArray());
        }
        catch (InvalidOperationException exception)
        {
            context.Response.Headers["X-Refused"] = exception.Message;
        }

        return Task.CompletedTask;
    }

    private static async Task RespondAsync(HttpContext context, ISessionManager session, string shape, string @do, bool? first)
    {
        if (first == true)
        {
            session.StoreValue("first", "stored");
        }

        context.Response.OnStarting(() =>
        {
            switch (@do)
            {
                case "store":
                    session.StoreValue("fruit", "late");
                    break;
                case "sign-in":
                    session.SetUserId("alice");
                    break;
                case "establish":
                    context.Session.Set("key", [1]);
                    context.Session.Remove("key");
                    break;
            }

            return Task.CompletedTask;
        });
        await ShapeAsync(context, shape);
        if (shape == "streamed")
        {
            session.StoreValue("fruit", "afterwards");
        }
    }

    private static async Task ShapeAsync(HttpContext context, string shape)
    {
        var response = context.Response;
        switch (shape)
        {
            case "text" or "streamed":
                await response.WriteAsync("begun");
                break;
            case "204":
                response.StatusCode = 204;
                break;
            case "redirect":
                response.Redirect("/me");
                break;
            case "start":
                await response.StartAsync();
                break;
            case "file":
                await response.SendFileAsync(Path.Combine(Repository.Root, "LICENSE"));
                break;
            case "late":
                await Task.Yield();
                break;
            case "throw":
                throw new InvalidOperationException("The handler failed.");
        }
    }
}
