using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Files that are served behind <c>UseSessionManager</c> load a session each: the log says so, once.</summary>
public sealed class StaticFileNoticeTests
{
    private const int StaticFileNotice = 6;

    [Theory]
    [InlineData(false, 200)]
    [InlineData(false, 206)]
    [InlineData(false, 304)]
    [InlineData(true, 200)]
    public async Task The_first_file_that_loads_a_session_behind_UseSessionManager_is_told_once(bool kestrel, int status)
    {
        await using var app = await StartAsync(behind: true, kestrel: kestrel);
        var browser = await SignInAsync(app);

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/README.md");
            if (status == 206)
            {
                request.Headers.Add("Range", "bytes=0-3");
            }
            else if (status == 304)
            {
                request.Headers.Add("If-Modified-Since", DateTimeOffset.UtcNow.ToString("R"));
            }

            using var response = await browser.SendAsync(request, TestContext.Current.CancellationToken);
            await response.BodyAsync();
            Assert.Equal(status, (int)response.StatusCode);
        }

        // On a socket the body arrives before the request has ended, but each request ends before the next one of its connection.
        var hint = Assert.Single(app.Logs.Ours, entry => entry.EventId == StaticFileNotice);
        Assert.Equal(LogLevel.Information, hint.Level);
        Assert.Contains("before UseSessionManager", hint.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_in_front_of_it_load_no_session_and_nothing_is_said()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(behind: false, cache: cache);
        var browser = await SignInAsync(app);
        var calls = cache.Calls;

        using var response = await browser.GetAsync("/README.md");

        response.EnsureSuccessStatusCode();
        Assert.Equal(calls, cache.Calls);
        Assert.Equal(0, app.Logs.CountOf(StaticFileNotice));
    }

    [Theory]
    [InlineData("/endpoint")]
    [InlineData("/middleware/uses-it")]
    [InlineData("/middleware/page")]
    [InlineData("/missing.js")]
    public async Task What_is_no_file_or_used_its_session_is_not_told(string path)
    {
        await using var app = await StartAsync(behind: true);
        var browser = await SignInAsync(app);

        using var response = await browser.GetAsync(path);
        await response.BodyAsync();

        Assert.Equal(0, app.Logs.CountOf(StaticFileNotice));
    }

    [Fact]
    public async Task A_file_without_a_session_is_not_told()
    {
        await using var app = await StartAsync(behind: true);

        await app.NewBrowser().ReadAsync("/README.md");

        Assert.Equal(0, app.Logs.CountOf(StaticFileNotice));
    }

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        return browser;
    }

    private static Task<App> StartAsync(bool behind, bool kestrel = false, FaultCache? cache = null)
    {
        void Files(WebApplication app)
        {
            app.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = new PhysicalFileProvider(Repository.Root),
                ServeUnknownFileTypes = true,
            });
        }

        return App.StartAsync(
            app =>
            {
                if (behind)
                {
                    Files(app);
                }

                app.MapSession();
                app.MapGet("/endpoint", (HttpContext context) => LikeAFile(context, "\"1\""));
                app.Use((context, next) =>
                {
                    if (!context.Request.Path.StartsWithSegments("/middleware", StringComparison.Ordinal))
                    {
                        return next(context);
                    }

                    if (context.Request.Path == "/middleware/uses-it")
                    {
                        _ = context.Session.Keys;
                        return LikeAFile(context, "\"1\"");
                    }

                    return LikeAFile(context, etag: null);
                });
            },
            new AppOptions { Kestrel = kestrel, Cache = cache, Before = behind ? null : Files });
    }

    private static Task LikeAFile(HttpContext context, string? etag)
    {
        context.Response.Headers.ETag = etag;
        context.Response.Headers.LastModified = "Mon, 01 Jan 2024 00:00:00 GMT";
        context.Response.Headers.AcceptRanges = "bytes";
        return context.Response.WriteAsync("page");
    }
}
