using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>The buttons: what they end, what they leave in the log, and that they need the token of their page.</summary>
public sealed class ActionTests
{
    [Fact]
    public async Task Ending_a_session_signs_it_out_and_says_in_the_log_who_did_it()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var ann = await app.BrowseAsync("ann");
        var id = await SessionOfAsync(app, "ann");

        var page = await admin.PressAsync(await admin.ReadAsync($"/sessions/{id}"), $"/sessions/{id}/end");

        Assert.Contains("was ended.", page, StringComparison.Ordinal);
        Assert.Equal("nobody Revoked", await ann.ReadAsync("/me"));
        Assert.Equal("admin", await admin.ReadAsync("/me"));
        Assert.Equal([$"201: Session {id} was ended on the dashboard by admin."], app.Log.Dashboard);
    }

    [Fact]
    public async Task A_session_is_ended_from_the_list_too_and_the_search_stays()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var ann = await app.BrowseAsync("ann");
        var id = await SessionOfAsync(app, "ann");

        var page = await admin.PressAsync(await admin.ReadAsync("/sessions?user=ann"), $"/sessions/{id}/end");

        Assert.Contains("was ended.", page, StringComparison.Ordinal);
        Assert.Contains("No session of <bdi>ann</bdi>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_ends_between_the_list_and_the_click_says_so()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var ann = await app.BrowseAsync("ann");
        var id = await SessionOfAsync(app, "ann");
        var list = await admin.ReadAsync("/sessions");

        await ann.PostAsync("/out");
        var page = await admin.PressAsync(list, $"/sessions/{id}/end");

        Assert.Contains("had ended already: its user signed out.", page, StringComparison.Ordinal);
        Assert.Equal([$"203: Session {id} was to be ended on the dashboard by admin, but it had ended already."], app.Log.Dashboard);
    }

    [Fact]
    public async Task Ending_all_of_a_user_ends_exactly_theirs()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var first = await app.BrowseAsync("ann");
        using var second = await app.BrowseAsync("ann");
        using var other = await app.BrowseAsync("Ann");

        var page = await admin.PressAsync(await admin.ReadAsync("/sessions?user=ann"), "/sessions/users/end");

        Assert.Contains("2 sessions were ended.", page, StringComparison.Ordinal);
        Assert.Equal(("nobody Revoked", "nobody Revoked", "Ann"), (await first.ReadAsync("/me"), await second.ReadAsync("/me"), await other.ReadAsync("/me")));
        Assert.Equal(["202: All sessions of the user ann were ended on the dashboard by admin: 2 of them."], app.Log.Dashboard);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("two\r\nlines")]
    [InlineData(" spaces ")]
    [InlineData("&amp;")]
    public async Task A_user_whose_id_a_form_would_change_is_ended_all_the_same(string user)
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        var id = Assert.Single(await app.AddSessionsAsync([user]));

        var page = await admin.PressAsync(await admin.ReadAsync($"/sessions/{id}"), "/sessions/users/end");

        Assert.Contains("1 session was ended.", page, StringComparison.Ordinal);
        Assert.All(app.Log.Dashboard, line => Assert.DoesNotContain('\n', line));
    }

    [Fact]
    public async Task Without_the_token_nothing_is_ended()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var ann = await app.BrowseAsync("ann");
        var id = await SessionOfAsync(app, "ann");
        await admin.ReadAsync("/sessions");

        foreach (var (path, field) in ((string, string)[])[($"/sessions/{id}/end", "x"), ("/sessions/users/end", "user")])
        {
            using var response = await admin.SubmitAsync(path, (field, "YW5u"));
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Contains("The form was not accepted", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Equal("ann", await ann.ReadAsync("/me"));
        Assert.All(app.Log.Dashboard, line => Assert.StartsWith("204: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_the_token_of_somebody_else_or_without_its_cookie_nothing_is_ended()
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions").RequireAuthorization());
        using var admin = await app.BrowseAsync("admin");
        using var ann = await app.BrowseAsync("ann");
        using var bob = await app.BrowseAsync("bob");
        var id = await SessionOfAsync(app, "ann");
        var tokenOfBob = DashboardBrowser.FieldsOf(await bob.ReadAsync("/sessions"), $"/sessions/{id}/end");

        using var withoutCookie = await admin.SubmitAsync($"/sessions/{id}/end", tokenOfBob);
        await admin.ReadAsync("/sessions");
        using var withOwnCookie = await admin.SubmitAsync($"/sessions/{id}/end", tokenOfBob);

        Assert.Equal([400, 400], [(int)withoutCookie.StatusCode, (int)withOwnCookie.StatusCode]);
        Assert.Equal("ann", await ann.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("GET", 405)]
    [InlineData("DELETE", 405)]
    [InlineData("PUT", 405)]
    public async Task Only_a_POST_ends_anything(string method, int status)
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        var id = await SessionOfAsync(app, "admin");
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/sessions/{id}/end");

        using var response = await admin.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("admin", await admin.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("application/json", "{}")]
    [InlineData("multipart/form-data; boundary=x", "nonsense")]
    [InlineData("application/x-www-form-urlencoded", "%zz=%&&&==")]
    public async Task A_body_that_is_no_form_is_400_and_no_error(string contentType, string body)
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sessions/users/end") { Content = new StringContent(body) };
        request.Content.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);

        using var response = await admin.SendAsync(request);

        Assert.Equal(400, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("%%%")]
    [InlineData("_w")]
    [InlineData("gA")]
    public async Task A_form_that_names_nobody_ends_nobody(string user)
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        var id = await SessionOfAsync(app, "admin");
        var token = DashboardBrowser.FieldsOf(await admin.ReadAsync("/sessions"), $"/sessions/{id}/end");

        using var response = await admin.SubmitAsync("/sessions/users/end", [.. token, ("user", user)]);
        using var nonsense = await admin.SubmitAsync("/sessions/nonsense/end", token);

        Assert.Equal([400, 400], [(int)response.StatusCode, (int)nonsense.StatusCode]);
        Assert.Equal("admin", await admin.ReadAsync("/me"));
    }

    [Fact]
    public async Task The_applications_own_antiforgery_is_used_where_there_is_one()
    {
        await using var app = await DashboardApp.StartAsync(services: services => services.AddAntiforgery(options => options.FormFieldName = "own-token"));
        using var admin = await app.BrowseAsync("admin");
        var id = await SessionOfAsync(app, "admin");
        Assert.Contains(DashboardBrowser.FieldsOf(await admin.ReadAsync("/sessions"), $"/sessions/{id}/end"), field => field.Name == "own-token");
    }

    [Fact]
    public async Task An_operator_who_ends_their_own_session_is_out()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        var id = await SessionOfAsync(app, "admin");
        var page = await admin.ReadAsync("/sessions");
        Assert.Contains("this is you", page, StringComparison.Ordinal);

        using var response = await admin.SubmitAsync($"/sessions/{id}/end", DashboardBrowser.FieldsOf(page, $"/sessions/{id}/end"));

        Assert.Equal(303, (int)response.StatusCode);
        Assert.Equal(401, await admin.StatusAsync("/sessions"));
        Assert.Equal([$"201: Session {id} was ended on the dashboard by admin."], app.Log.Dashboard);
    }

    [Fact]
    public async Task An_address_that_claims_an_end_that_was_none_is_not_believed()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        var id = await SessionOfAsync(app, "admin");
        Assert.DoesNotContain("class=\"notice\"", await admin.ReadAsync($"/sessions?ended={id}"), StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"notice\"", await admin.ReadAsync($"/sessions?gone={id}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_the_counters_does_not_keep_the_operators_session_alive()
    {
        await using var app = await DashboardApp.StartAsync();
        using var admin = await app.BrowseAsync("admin");
        for (var i = 0; i < 4; i++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(4));
            Assert.Equal(200, await admin.StatusAsync("/sessions/live"));
        }

        app.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(401, await admin.StatusAsync("/sessions/live"));
    }

    private static async Task<string> SessionOfAsync(DashboardApp app, string user) =>
        Assert.Single(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync(user, TestContext.Current.CancellationToken)).SessionId;
}
