using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>Who gets in, and that everybody else gets nothing at all.</summary>
public sealed class AccessTests
{
    private static readonly string[] Pages =
        ["/sessions", "/sessions/", "/sessions/live", "/sessions/dashboard.css", "/sessions/dashboard.js", "/sessions/icon.svg", $"/sessions/{Guid.Empty}"];

    [Fact]
    public async Task Anonymous_and_other_users_get_nothing_from_any_of_its_addresses()
    {
        await using var app = await DashboardApp.StartAsync();
        using var nobody = await app.BrowseAsync();
        using var ann = await app.BrowseAsync("ann");
        using var admin = await app.BrowseAsync("admin");

        foreach (var page in Pages)
        {
            Assert.Equal((page, 401), (page, await nobody.StatusAsync(page)));
            Assert.Equal((page, 403), (page, await ann.StatusAsync(page)));
            Assert.Equal((page, page.Contains("0000", StringComparison.Ordinal) ? 404 : 200), (page, await admin.StatusAsync(page)));
        }
    }

    [Fact]
    public async Task Anonymous_and_other_users_end_nothing()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var ann = await app.BrowseAsync("ann");
        var id = Assert.Single(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("admin")).SessionId;
        var token = DashboardBrowser.FieldsOf(await admin.ReadAsync("/sessions"), $"/sessions/{id}/end");

        using var one = await ann.SubmitAsync($"/sessions/{id}/end", token);
        using var all = await ann.SubmitAsync("/sessions/users/end", [.. token, ("user", "YWRtaW4")]);
        using var nobody = await (await app.BrowseAsync()).SubmitAsync($"/sessions/{id}/end", token);

        Assert.Equal([403, 403, 401], [(int)one.StatusCode, (int)all.StatusCode, (int)nobody.StatusCode]);
        Assert.Equal("admin", await admin.ReadAsync("/me"));
    }

    [Fact]
    public async Task Without_authorization_it_answers_this_machine_in_Development_and_warns_at_the_start()
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"));
        using var browser = await app.BrowseAsync();

        Assert.Contains("No sessions", await browser.ReadAsync("/sessions"), StringComparison.Ordinal);
        Assert.StartsWith("200: The session dashboard at '/sessions' was mapped without authorization", Assert.Single(app.Log.Dashboard), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task Without_authorization_it_is_not_there_outside_of_Development(string environment)
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"), environment);
        using var browser = await app.BrowseAsync();

        foreach (var page in Pages)
        {
            using var response = await browser.GetAsync(page);
            Assert.Equal(404, (int)response.StatusCode);
            Assert.Empty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.False(response.Headers.Contains("Content-Security-Policy"));
        }

        using var post = await browser.SubmitAsync($"/sessions/{Guid.Empty}/end");
        Assert.Equal(404, (int)post.StatusCode);
        Assert.StartsWith("200:", Assert.Single(app.Log.Dashboard), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.7")]
    [InlineData("10.0.0.1")]
    [InlineData("::ffff:192.0.2.7")]
    public async Task Without_authorization_it_is_not_there_for_another_machine(string address)
    {
        await using var app = await DashboardApp.StartAsync(
            app => app.MapSessionDashboard("/sessions"),
            before: app => app.Use((context, next) =>
            {
                context.Connection.RemoteIpAddress = IPAddress.Parse(address);
                return next(context);
            }));
        using var browser = await app.BrowseAsync();
        Assert.Equal(404, await browser.StatusAsync("/sessions"));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.7")]
    [InlineData("Forwarded", "for=192.0.2.7")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Host", "rebound.example.org")]
    [InlineData("Host", "127.0.0.1.example.org")]
    public async Task Without_authorization_it_is_not_there_behind_a_proxy_or_under_a_strange_name(string header, string value)
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"));
        using var browser = await app.BrowseAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sessions");
        request.Headers.TryAddWithoutValidation(header, value);

        using var response = await browser.SendAsync(request);

        Assert.Equal(404, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_fallback_policy_and_AllowAnonymous_are_no_authorization()
    {
        await using var fallback = await DashboardApp.StartAsync(
            app => app.MapSessionDashboard("/sessions"),
            Environments.Staging,
            services => services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => true).Build()));
        await using var anonymous = await DashboardApp.StartAsync(
            app => app.MapSessionDashboard("/sessions").RequireAuthorization().AllowAnonymous(), Environments.Staging);

        using var first = await fallback.BrowseAsync();
        using var second = await anonymous.BrowseAsync();

        Assert.Equal((404, 404), (await first.StatusAsync("/sessions"), await second.StatusAsync("/sessions")));
        Assert.Single(fallback.Log.Dashboard);
        Assert.Single(anonymous.Log.Dashboard);
    }

    [Fact]
    public async Task With_authorization_of_its_own_or_of_its_group_there_is_no_warning()
    {
        await using var own = await DashboardApp.StartAsync();
        await using var group = await DashboardApp.StartAsync(app => app.MapGroup("/admin").RequireAuthorization().MapSessionDashboard("/live"));
        using var browser = await group.BrowseAsync("ann");

        Assert.Equal(200, await browser.StatusAsync("/admin/live"));
        Assert.Empty(own.Log.Dashboard.Concat(group.Log.Dashboard));
    }

    [Fact]
    public void Without_sessions_it_says_what_is_missing()
    {
        var builder = WebApplication.CreateBuilder();
        using var app = (IDisposable)builder.Build();
        var exception = Assert.Throws<InvalidOperationException>(() => ((WebApplication)app).MapSessionDashboard());
        Assert.Contains("AddSessionManager", exception.Message, StringComparison.Ordinal);
    }
}
