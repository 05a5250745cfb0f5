using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What shared caches may do with a response: none that sets a token, and none that shows a session to another one.</summary>
public sealed class SharedCacheTests
{
    [Theory]
    [InlineData("public, max-age=60", "private, max-age=60")]
    [InlineData("public", "private")]
    [InlineData("PUBLIC , s-maxage=600, max-age=60", "private, max-age=60")]
    [InlineData("max-age=60", "private, max-age=60")]
    [InlineData("s-maxage=60", "private")]
    [InlineData("no-cache", "private, no-cache")]
    [InlineData("private=\"set-cookie, x\", max-age=60", "private, max-age=60")]
    [InlineData("private, max-age=60", "private, max-age=60")]
    [InlineData("no-store", "no-store")]
    [InlineData("Private", "Private")]
    [InlineData("public, max-age=60, must-understand, no-store", "private, max-age=60, no-store")]
    [InlineData("", "no-store")]
    public async Task A_response_that_sets_or_clears_the_token_is_no_shared_caches(string said, string sent)
    {
        await using var app = await StartAsync();
        foreach (var change in (string[])["store", "sign-in", "rotate", "sign-out", "destroy"])
        {
            var browser = app.NewBrowser();
            if (change is not ("store" or "sign-in"))
            {
                await browser.DoAsync("/sign-in/ann");
            }

            using var response = await browser.GetAsync($"/page?cache={Uri.EscapeDataString(said)}&do={change}");

            Assert.Single(browser.LastSetCookies);
            Assert.Equal(sent, response.Headers.NonValidated["Cache-Control"].ToString());
        }
    }

    [Theory]
    [InlineData("CDN-Cache-Control", "max-age=600")]
    [InlineData("Example-CDN-Cache-Control", "max-age=600")]
    [InlineData("Surrogate-Control", "max-age=600")]
    [InlineData("Edge-Control", "max-age=600")]
    [InlineData("X-Accel-Expires", "600")]
    [InlineData("Akamai-Cache-Control", "max-age=600")]
    [InlineData("X-LiteSpeed-Cache-Control", "public")]
    public async Task Headers_that_outrank_Cache_Control_are_taken_from_a_response_that_sets_a_token(string name, string value)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        using var response = await browser.GetAsync($"/page?do=store&cache=private&name={name}&value={value}");
        using var without = await browser.GetAsync($"/page?cache=private&name={name}&value={value}");

        Assert.False(response.Headers.Contains(name));
        Assert.True(without.Headers.Contains(name));
    }

    [Theory]
    [InlineData("public, max-age=60")]
    [InlineData("private, max-age=60")]
    [InlineData("")]
    public async Task The_applications_own_Cache_Control_stays_where_a_session_is_only_read(string said)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        using var response = await browser.GetAsync($"/page?cache={said}");

        Assert.Equal(said.Length == 0 ? "no-store" : said, response.Headers.NonValidated["Cache-Control"].ToString().Replace("max-age=60, public", said, StringComparison.Ordinal));
        Assert.Empty(browser.LastSetCookies);
    }

    [Theory]
    [InlineData(true, "", "Cookie")]
    [InlineData(false, "", "Cookie")]
    [InlineData(false, "Accept-Encoding", "Accept-Encoding, Cookie")]
    [InlineData(false, "cookie", "cookie")]
    [InlineData(false, "*", "*")]
    [InlineData(false, "X-Cookie", "X-Cookie, Cookie")]
    public async Task A_response_that_read_the_session_varies_by_cookie_for_a_stranger_too(bool hasSession, string vary, string sent)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        if (hasSession)
        {
            await browser.DoAsync("/values/fruit/apple");
        }

        using var response = await browser.GetAsync($"/page?cache=public{(vary.Length == 0 ? "" : $"&name=Vary&value={vary}")}");
        Assert.True(response.IsSuccessStatusCode, await response.BodyAsync());
        using var plain = await browser.GetAsync("/disabled");

        Assert.Equal(sent, string.Join(", ", response.Headers.GetValues("Vary")));
        Assert.False(plain.Headers.Contains("Vary"));
    }

    [Theory]
    [InlineData("/cached")]
    [InlineData("/cached-principal")]
    [InlineData("/cached-own-vary")]
    [InlineData("/cached-own-vary?early=true")]
    [InlineData("/cached-terminal")]
    [InlineData("/output-cached-authenticate")]
    [InlineData("/output-cached-items?early=true")]
    public async Task No_cache_shows_one_users_page_to_another(string path)
    {
        await using var app = await StartAsync();
        var (ann, bob, stranger) = (app.NewBrowser(), app.NewBrowser(), app.NewBrowser());
        await ann.DoAsync("/sign-in/ann");
        await bob.DoAsync("/sign-in/bob");

        foreach (var order in (Browser[][])[[stranger, ann, bob], [ann, bob, stranger], [bob, stranger, ann]])
        {
            foreach (var browser in order)
            {
                var expected = browser == ann ? "ann" : browser == bob ? "bob" : "nobody";
                Assert.Equal(expected, await browser.ReadAsync(path));
            }
        }
    }

    [Fact]
    public async Task Response_caching_keeps_no_page_that_began_a_session()
    {
        await using var app = await StartAsync();
        var (first, second) = (app.NewBrowser(), app.NewBrowser());

        await first.ReadAsync("/cached-first");
        await second.ReadAsync("/cached-first");

        Assert.NotNull(first.Token);
        Assert.NotNull(second.Token);
        Assert.NotEqual(first.Token, second.Token);
    }

    [Theory]
    [InlineData("/file.txt")]
    [InlineData("/public")]
    [InlineData("/disabled")]
    public async Task Nothing_rotates_on_a_response_that_never_used_the_session(string path)
    {
        await using var app = await StartAsync(options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        app.Clock.Advance(TimeSpan.FromMinutes(2));

        using var response = await browser.GetAsync(path);

        response.EnsureSuccessStatusCode();
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("public, max-age=3600", response.Headers.NonValidated["Cache-Control"].ToString().Replace("max-age=3600, public", "public, max-age=3600", StringComparison.Ordinal));
        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Single(browser.LastSetCookies);
    }

    [Fact]
    public async Task A_page_that_shows_the_principal_rotates()
    {
        await using var app = await StartAsync(options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        app.Clock.Advance(TimeSpan.FromMinutes(2));

        using var response = await browser.GetAsync("/page?cache=public,max-age=60");

        Assert.Single(browser.LastSetCookies);
        Assert.Equal("private, max-age=60", response.Headers.NonValidated["Cache-Control"].ToString().Replace("max-age=60, private", "private, max-age=60", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_rotates_once_the_response_has_started()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(
            options =>
            {
                options.TokenRotationInterval = TimeSpan.FromMinutes(1);
                options.LoadMode = LoadMode.OnDemand;
            },
            cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/begin");
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        var sets = cache.Sets;

        Assert.Equal("started ann", await browser.ReadAsync("/late"));

        // The touch, and no secret that nobody gets.
        Assert.Equal(sets + 1, cache.Sets);
        Assert.Equal("started ann", await browser.ReadAsync("/late"));
        Assert.Empty(browser.LastSetCookies);
    }

    private static void KeepAll(Microsoft.AspNetCore.OutputCaching.OutputCachePolicyBuilder policy) =>
        policy.AddPolicy<KeepsAll>();

    private static string UserOf(HttpContext context) =>
        context.RequestServices.GetRequiredService<ISessionManager>().GetUserId() ?? "nobody";

    private static Task<App> StartAsync(Action<SessionManagerOptions>? session = null, FaultCache? cache = null) => App.StartAsync(
        app =>
        {
            app.Use((context, next) =>
            {
                if (context.Request.Query.ContainsKey("early"))
                {
                    context.Items["user"] = UserOf(context);
                }

                if (context.Request.Path == "/cached-terminal")
                {
                    context.Response.Headers.ETag = "\"1\"";
                    return context.Response.WriteAsync(Public(context, context.User.Identity?.Name ?? "nobody"));
                }

                return next(context);
            });
            app.UseOutputCache();
            app.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = new PhysicalFileProvider(Repository.Root),
                ServeUnknownFileTypes = true,
                OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = "public, max-age=3600",
            });
            app.MapGet("/file.txt", async (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "public, max-age=3600";
                context.Response.Headers.ETag = "\"1\"";
                await context.Response.WriteAsync("a file");
            });
            app.MapSession();
            app.MapGet("/page", (HttpContext context, ISessionManager manager, string? @do, string? cache, string? name, string? value) =>
            {
                context.Response.Headers.CacheControl = string.IsNullOrEmpty(cache) ? default(Microsoft.Extensions.Primitives.StringValues) : cache;
                if (name is not null)
                {
                    context.Response.Headers[name] = value;
                }

                Change(manager, @do);
                return manager.GetUserId() ?? "nobody";
            });
            app.MapGet("/public", (HttpContext context) => Public(context, "public"));
            app.MapGet("/disabled", (HttpContext context) => Public(context, "disabled")).WithSession(SessionMode.Disabled);
            app.MapGet("/cached", (HttpContext context, ISessionManager manager) => Public(context, manager.GetUserId() ?? "nobody"));
            app.MapGet("/cached-principal", (HttpContext context) => Public(context, context.User.Identity?.Name ?? "nobody"));
            app.MapGet("/cached-own-vary", (HttpContext context) =>
            {
                var user = UserOf(context);
                context.Response.Headers.Vary = "User-Agent";
                return Public(context, user);
            });
            app.MapGet("/output-cached-authenticate", async (HttpContext context) =>
                (await context.AuthenticateAsync(SessionManagerDefaults.AuthenticationScheme)).Principal?.Identity?.Name ?? "nobody").CacheOutput(KeepAll);
            app.MapGet("/output-cached-items", (HttpContext context) => (string)context.Items["user"]!).CacheOutput(KeepAll);
            app.MapGet("/cached-first", (HttpContext context, ISessionManager manager) => Public(context, manager.StoreValue("a", 1).ToString()));
            app.MapPost("/begin", async (ISessionManager manager) =>
            {
                await manager.LoadAsync();
                manager.SetUserId("ann");
            });
            app.MapGet("/late", async (HttpContext context, ISessionManager manager) =>
            {
                await context.Response.WriteAsync("started ");
                await manager.LoadAsync();
                await context.Response.WriteAsync(manager.GetUserId() ?? "nobody");
            });
        },
        new AppOptions
        {
            Session = session,
            Cache = cache,
            Services = services =>
            {
                services.AddResponseCaching();
                services.AddOutputCache();
                services.AddAuthentication().AddSessionManager();
            },
            Before = app => app.UseResponseCaching(),
        });

    private sealed class KeepsAll : Microsoft.AspNetCore.OutputCaching.IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(Microsoft.AspNetCore.OutputCaching.OutputCacheContext context, CancellationToken cancellation)
        {
            (context.EnableOutputCaching, context.AllowCacheLookup, context.AllowCacheStorage, context.AllowLocking) = (true, true, true, true);
            context.CacheVaryByRules.QueryKeys = "*";
            return ValueTask.CompletedTask;
        }

        public ValueTask ServeFromCacheAsync(Microsoft.AspNetCore.OutputCaching.OutputCacheContext context, CancellationToken cancellation) =>
            ValueTask.CompletedTask;

        public ValueTask ServeResponseAsync(Microsoft.AspNetCore.OutputCaching.OutputCacheContext context, CancellationToken cancellation) =>
            ValueTask.CompletedTask;
    }

    private static string Public(HttpContext context, string text)
    {
        context.Response.Headers.CacheControl = "public, max-age=3600";
        return text;
    }

    private static void Change(ISessionManager session, string? change)
    {
        switch (change)
        {
            case "store":
                session.StoreValue("value", "x");
                break;
            case "sign-in":
                session.SetUserId("bob");
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "destroy":
                session.DestroySession();
                break;
        }
    }
}
