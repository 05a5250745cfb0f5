using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A handler that swallows the failure of a save: its success does not get out after all, unless it saves by itself.</summary>
public sealed class GateAfterFailureTests
{
    private static readonly string[] Ways = ["nothing", "later", "text", "stream", "writer", "start", "file", "complete"];

    private readonly FaultCache _cache = new();

    public static TheoryData<string, bool> Everywhere
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var way in Ways)
            {
                data.Add(way, false);
                data.Add(way, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_store_that_was_down_for_one_save_is_503_and_nothing_is_saved_later(string way, bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        var browser = await BegunAsync(app);
        var token = browser.Token;
        _cache.Plan(CacheOperation.Set, CacheFault.Fail);

        using var response = await browser.PostAsync($"/swallow/{way}");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("first", await browser.ReadAsync("/values/value"));
        Assert.Equal(token, browser.Token);
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_session_that_ended_meanwhile_is_409_though_nothing_is_left_to_save(string way, bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        var browser = await BegunAsync(app);

        using var response = await browser.PostAsync($"/swallow/{way}?ended=true");

        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.DoesNotContain("success", await response.BodyAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_sign_in_too_many_is_409_though_nothing_is_left_to_save(string way, bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        await app.NewBrowser().DoAsync("/sign-in/ann");
        var browser = await BegunAsync(app);

        using var response = await browser.PostAsync($"/swallow/{way}?signsIn=true");

        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [MemberData(nameof(Everywhere))]
    public async Task A_handler_that_saves_by_itself_after_all_gets_its_answer_out(string way, bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        var browser = await BegunAsync(app);
        _cache.Plan(CacheOperation.Set, CacheFault.Fail);

        using var response = await browser.PostAsync($"/swallow/{way}?saves=true");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("second", await browser.ReadAsync("/values/value"));
    }

    private static async Task<Browser> BegunAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/first");
        return browser;
    }

    private Task<App> StartAsync(bool kestrel)
    {
        App? app = null;
        return StartAsync();

        async Task<App> StartAsync() => app = await App.StartAsync(
            pipeline =>
            {
                pipeline.MapSession();
                pipeline.MapPost("/swallow/{way}", async (HttpContext context, ISessionManager session, string way, bool? ended, bool? signsIn, bool? saves) =>
                {
                    if (ended == true)
                    {
                        var other = app!.NewBrowser();
                        other.Token = context.Request.Cookies["sid"];
                        await other.DoAsync("/destroy");
                    }

                    session.StoreValue("value", "second");
                    if (signsIn == true)
                    {
                        session.SetUserId("ann");
                    }

                    await SwallowAsync(() => context.Response.WriteAsync("success"));
                    if (saves == true)
                    {
                        await session.CommitAsync();
                    }

                    await SwallowAsync(() => WriteAsync(context.Response, way), rethrows: saves == true);
                });
            },
            new AppOptions
            {
                Kestrel = kestrel,
                Cache = _cache,
                Session = options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, SessionLimitBehavior.RejectNew),
            });
    }

    private static async Task SwallowAsync(Func<Task> write, bool rethrows = false)
    {
        try
        {
            await write();
        }
        catch (Exception exception) when (!rethrows && exception is SessionStoreException or SessionEndedException or SessionLimitException)
        {
            // As a handler does that answers as well as it can.
        }
    }

    private static async Task WriteAsync(HttpResponse response, string way)
    {
        var success = "success"u8.ToArray();
        switch (way)
        {
            case "later":
                await Task.Yield();
                break;
            case "text":
                await response.WriteAsync("success");
                break;
            case "stream":
                await response.Body.WriteAsync(success);
                break;
            case "writer":
                Encoding.UTF8.GetBytes("success", response.BodyWriter);
                await response.BodyWriter.FlushAsync();
                break;
            case "start":
                await response.StartAsync();
                break;
            case "file":
                await response.SendFileAsync(Path.Combine(Repository.Root, "LICENSE"));
                break;
            case "complete":
                await response.CompleteAsync();
                break;
        }
    }
}
