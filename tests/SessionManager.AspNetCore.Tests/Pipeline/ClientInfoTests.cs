using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What is kept of a client, for the application that asks for it, and nothing for one that does not.</summary>
public sealed class ClientInfoTests
{
    private IPAddress? _address = IPAddress.Parse("192.0.2.7");

    [Fact]
    public async Task Nothing_is_kept_unless_the_application_asks_for_it()
    {
        await using var app = await StartAsync(tracks: false);
        var browser = app.NewBrowser();

        await SendAsync(browser, "/sign-in/alice", "Phone/1.0");

        var session = await FindAsync(app);
        Assert.Equal((null, null), (session.UserAgent, session.RemoteIpAddress));
    }

    [Fact]
    public async Task User_agent_and_address_are_those_of_the_request_that_began_the_session()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await SendAsync(browser, "/sign-in/alice", "Phone/1.0");

        _address = IPAddress.Parse("198.51.100.9");
        await SendAsync(browser, "/values/a/1", "Other/2.0");

        var session = await FindAsync(app);
        Assert.Equal(("Phone/1.0", "192.0.2.7"), (session.UserAgent, session.RemoteIpAddress));
    }

    [Fact]
    public async Task A_sign_in_notes_the_client_anew()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await SendAsync(browser, "/values/a/1", "Phone/1.0");

        _address = IPAddress.Parse("2001:db8::1");
        await SendAsync(browser, "/sign-in/alice", "Phone/2.0");

        var session = await FindAsync(app);
        Assert.Equal(("Phone/2.0", "2001:db8::1"), (session.UserAgent, session.RemoteIpAddress));
    }

    [Fact]
    public async Task No_header_changes_the_address()
    {
        await using var app = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in/alice");
        foreach (var header in (string[])["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP"])
        {
            request.Headers.TryAddWithoutValidation(header, "203.0.113.1");
        }

        using var response = await app.NewBrowser().SendAsync(request);

        Assert.Equal("192.0.2.7", (await FindAsync(app)).RemoteIpAddress);
    }

    [Fact]
    public async Task An_IPv4_address_on_an_IPv6_socket_reads_as_it_is_written()
    {
        _address = IPAddress.Parse("::ffff:192.0.2.7");
        await using var app = await StartAsync();
        await SendAsync(app.NewBrowser(), "/sign-in/alice", "Phone/1.0");
        Assert.Equal("192.0.2.7", (await FindAsync(app)).RemoteIpAddress);
    }

    [Theory]
    [InlineData(10_000, 256)]
    [InlineData(257, 256)]
    [InlineData(256, 256)]
    [InlineData(1, 1)]
    public async Task A_long_user_agent_is_cut(int length, int kept)
    {
        await using var app = await StartAsync();
        await SendAsync(app.NewBrowser(), "/sign-in/alice", new string('x', length));
        Assert.Equal(new string('x', kept), (await FindAsync(app)).UserAgent);
    }

    [Fact]
    public async Task A_client_that_says_nothing_of_itself_is_no_error()
    {
        _address = null;
        await using var app = await StartAsync();
        await app.NewBrowser().DoAsync("/sign-in/alice");
        var session = await FindAsync(app);
        Assert.Equal((null, null), (session.UserAgent, session.RemoteIpAddress));
    }

    [Fact]
    public async Task Only_a_request_that_begins_a_session_or_signs_in_writes_it()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache: cache);
        var browser = app.NewBrowser();
        await SendAsync(browser, "/sign-in/alice", "Phone/1.0");
        var sets = cache.Sets;

        _address = IPAddress.Parse("198.51.100.9");
        using var response = await browser.GetAsync("/me");

        Assert.Equal(sets, cache.Sets);
    }

    private static async Task<SessionInfo> FindAsync(App app) => Assert.Single(
        await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice", TestContext.Current.CancellationToken));

    private static async Task SendAsync(Browser browser, string path, string userAgent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        using var response = await browser.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    private Task<App> StartAsync(bool tracks = true, FaultCache? cache = null) => App.StartAsync(
        app => app.MapSession(),
        new AppOptions
        {
            Cache = cache,
            Session = options => options.TrackClientInfo = tracks,
            Before = app => app.Use((context, next) =>
            {
                context.Connection.RemoteIpAddress = _address;
                return next(context);
            }),
        });
}
