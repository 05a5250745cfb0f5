using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Endpoints that only read the session, or have none.</summary>
public sealed class SessionModeTests
{
    private static readonly Dictionary<string, Action<ISessionManager, HttpContext>> Mutators = new(StringComparer.Ordinal)
    {
        ["SetUserId"] = (session, _) => session.SetUserId("bob"),
        ["SetUserId of nobody"] = (session, _) => session.SetUserId(""),
        ["ClearSession"] = (session, _) => session.ClearSession(),
        ["StoreValue"] = (session, _) => session.StoreValue("fruit", "pear"),
        ["RemoveValue"] = (session, _) => session.RemoveValue("fruit"),
        ["RemoveValue of nothing"] = (session, _) => session.RemoveValue("nothing"),
        ["RotateToken"] = (session, _) => session.RotateToken(),
        ["DestroySession"] = (session, _) => session.DestroySession(),
        ["UpdateValueAsync"] = (session, _) => session.UpdateValueAsync<string>("fruit", _ => "pear").AsTask().GetAwaiter().GetResult(),
        ["TakeValueAsync"] = (session, _) => session.TakeValueAsync<string>("fruit").AsTask().GetAwaiter().GetResult(),
        ["ISession.Set"] = (_, context) => context.Session.SetString("fruit", "pear"),
        ["ISession.Remove"] = (_, context) => context.Session.Remove("fruit"),
        ["ISession.Clear"] = (_, context) => context.Session.Clear(),
    };

    private static readonly Dictionary<string, Func<ISessionManager, HttpContext, object?>> Readers = new(StringComparer.Ordinal)
    {
        ["GetUserId"] = (session, _) => session.GetUserId(),
        ["GetUserId<T>"] = (session, _) => session.GetUserId<string>(),
        ["IsAuthenticated"] = (session, _) => session.IsAuthenticated,
        ["GetValue"] = (session, _) => session.GetValue<string>("fruit"),
        ["TryGetValue"] = (session, _) => session.TryGetValue<string>("fruit", out var _),
        ["Keys"] = (session, _) => session.Keys,
        ["SessionId"] = (session, _) => session.SessionId,
        ["Info"] = (session, _) => session.Info,
        ["PreviousSessionEnd"] = (session, _) => session.PreviousSessionEnd,
        ["ISession.Id"] = (_, context) => context.Session.Id,
        ["ISession.Keys"] = (_, context) => context.Session.Keys,
        ["ISession.GetString"] = (_, context) => context.Session.GetString("fruit"),
    };

    public static TheoryData<string> MutatorNames => [.. Mutators.Keys];

    public static TheoryData<string> ReaderNames => [.. Readers.Keys];

    public static TheoryData<string> AllNames => [.. Mutators.Keys, .. Readers.Keys, "LoadAsync", "CommitAsync"];

    [Theory]
    [MemberData(nameof(MutatorNames))]
    public async Task A_read_only_endpoint_refuses_every_change_and_names_itself_and_the_mode(string member)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, SessionMode.ReadOnly, member);
        var browser = await SignInAsync(app);
        var sets = cache.Sets;

        var message = await browser.ReadAsync("/member");

        Assert.Contains("'the endpoint'", message, StringComparison.Ordinal);
        Assert.Contains("'ReadOnly'", message, StringComparison.Ordinal);
        Assert.Equal(sets, cache.Sets);
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("alice apple", $"{await browser.ReadAsync("/me")} {await browser.ReadAsync("/values/fruit")}");
    }

    [Theory]
    [MemberData(nameof(ReaderNames))]
    public async Task A_read_only_endpoint_reads_everything(string member)
    {
        await using var app = await StartAsync(new FaultCache(), SessionMode.ReadOnly, member);

        Assert.Equal("nothing thrown", await (await SignInAsync(app)).ReadAsync("/member"));
    }

    [Theory]
    [MemberData(nameof(AllNames))]
    public async Task A_disabled_endpoint_refuses_everything_names_itself_and_the_mode_and_calls_no_store(string member)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, SessionMode.Disabled, member);
        var browser = await SignInAsync(app);
        var calls = cache.Calls;

        var message = await browser.ReadAsync("/member");

        Assert.Contains("'the endpoint'", message, StringComparison.Ordinal);
        Assert.Contains("'Disabled'", message, StringComparison.Ordinal);
        Assert.Equal(calls, cache.Calls);
    }

    [Fact]
    public async Task A_disabled_endpoint_keeps_no_session_alive()
    {
        await using var app = await StartAsync(new FaultCache(), SessionMode.Disabled, "GetUserId");
        var browser = await SignInAsync(app);

        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await browser.ReadAsync("/member");
        app.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("Expired", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task An_endpoint_overrides_the_mode_of_its_group()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                var group = app.MapGroup("/group").WithSession(SessionMode.Disabled);
                group.MapGet("/inherited", () => "served");
                group.MapGet("/own", (ISessionManager session) => session.GetUserId()).WithSession(SessionMode.ReadOnly);
            },
            new AppOptions { Cache = cache });
        var browser = await SignInAsync(app);
        var calls = cache.Calls;

        Assert.Equal("served", await browser.ReadAsync("/group/inherited"));
        Assert.Equal(calls, cache.Calls);
        Assert.Equal("alice", await browser.ReadAsync("/group/own"));
    }

    [Fact]
    public async Task An_action_overrides_the_mode_of_its_controller()
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapControllers();
            },
            new AppOptions
            {
                Services = services => services.AddControllers().AddApplicationPart(typeof(ModesController).Assembly),
                Before = app => app.Use(AnswerWithMessageAsync),
            });
        var browser = await SignInAsync(app);

        Assert.Contains("'Disabled'", await browser.ReadAsync("/modes/inherited"), StringComparison.Ordinal);
        Assert.Equal("alice", await browser.ReadAsync("/modes/read"));
        using (var refused = await browser.PostAsync("/modes/refused"))
        {
            var message = await refused.BodyAsync();
            Assert.Contains("'ReadOnly'", message, StringComparison.Ordinal);
            Assert.Contains("ModesController.Refused", message, StringComparison.Ordinal);
        }

        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));
        await browser.DoAsync("/modes/write");
        Assert.Equal("pear", await browser.ReadAsync("/values/fruit"));
    }

    [Fact]
    public async Task Static_assets_have_no_session()
    {
        var root = Directory.CreateTempSubdirectory();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(root.FullName, "site.css"), "body{}", TestContext.Current.CancellationToken);
            var manifest = Path.Combine(root.FullName, "assets.staticwebassets.endpoints.json");
            await File.WriteAllTextAsync(
                manifest,
                """{"Version":1,"ManifestType":"Publish","Endpoints":[{"Route":"site.css","AssetFile":"site.css","Selectors":[],"ResponseHeaders":[{"Name":"Content-Length","Value":"6"},{"Name":"Content-Type","Value":"text/css"},{"Name":"ETag","Value":"\"x\""},{"Name":"Last-Modified","Value":"Fri, 02 Jan 2026 03:04:05 GMT"}],"EndpointProperties":[]}]}""",
                TestContext.Current.CancellationToken);
            var cache = new FaultCache();
            using var files = new PhysicalFileProvider(root.FullName);
            await using var app = await App.StartAsync(
                app =>
                {
                    app.MapSession();
                    app.MapStaticAssets(manifest);
                },
                new AppOptions { Cache = cache, Before = app => app.Environment.WebRootFileProvider = files });
            var browser = await SignInAsync(app);
            var calls = cache.Calls;

            Assert.Equal("body{}", await browser.ReadAsync("/site.css"));
            Assert.Equal(calls, cache.Calls);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static Task<App> StartAsync(FaultCache cache, SessionMode mode, string member) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/member", async (ISessionManager session, HttpContext context) =>
            {
                switch (member)
                {
                    case "LoadAsync":
                        await session.LoadAsync(CancellationToken.None);
                        break;
                    case "CommitAsync":
                        await session.CommitAsync(CancellationToken.None);
                        break;
                    default:
                        Use(member, session, context);
                        break;
                }

                return "nothing thrown";
            }).WithSession(mode).WithDisplayName("the endpoint");
        },
        new AppOptions { Cache = cache, Before = app => app.Use(AnswerWithMessageAsync) });

    private static void Use(string member, ISessionManager session, HttpContext context)
    {
        if (Mutators.TryGetValue(member, out var mutator))
        {
            mutator(session, context);
        }
        else
        {
            Readers[member](session, context);
        }
    }

    private static async Task AnswerWithMessageAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (InvalidOperationException exception)
        {
            await context.Response.WriteAsync(exception.Message);
        }
    }

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        await browser.DoAsync("/sign-in/alice");
        return browser;
    }
}
