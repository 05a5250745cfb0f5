using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The faults of the class this library comes from, which it must not inherit.</summary>
public sealed class SeedFaultTests
{
    [Fact]
    public async Task Two_browsers_never_see_each_other()
    {
        await using var app = await SessionApp.StartAsync();
        var (alice, bob) = (app.NewBrowser(), app.NewBrowser());
        await app.RunAsync(alice, session =>
        {
            session.SetUserId("alice");
            session.StoreValue("theme", "dark");
        });

        Assert.Equal(
            (false, null, null, 0),
            await app.RunAsync(bob, session => (session.IsAuthenticated, session.GetUserId(), session.GetValue<string>("theme"), session.Keys.Count)));

        await app.RunAsync(bob, session =>
        {
            session.SetUserId("bob");
            session.StoreValue("theme", "light");
        });

        Assert.Equal(("alice", "dark"), await app.RunAsync(alice, session => (session.GetUserId(), session.GetValue<string>("theme"))));
        Assert.Equal(("bob", "light"), await app.RunAsync(bob, session => (session.GetUserId(), session.GetValue<string>("theme"))));
    }

    [Fact]
    public async Task Signing_out_in_one_browser_leaves_the_same_user_signed_in_in_another()
    {
        await using var app = await SessionApp.StartAsync();
        var (laptop, phone) = (app.NewBrowser(), app.NewBrowser());
        await app.RunAsync(laptop, session => session.SetUserId("alice"));
        await app.RunAsync(phone, session => session.SetUserId("alice"));

        await app.RunAsync(laptop, session => session.ClearSession());

        Assert.False(await app.RunAsync(laptop, session => session.IsAuthenticated));
        Assert.True(await app.RunAsync(phone, session => session.IsAuthenticated));
    }

    [Theory]
    [InlineData("user_id")]
    [InlineData("UserId")]
    [InlineData("userId")]
    [InlineData("user")]
    [InlineData("owner")]
    [InlineData("u")]
    public async Task Storing_a_value_named_like_the_user_id_signs_nobody_in(string key)
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();

        await app.RunAsync(browser, session => session.StoreValue(key, "admin"));

        Assert.Equal(
            (false, null, "admin"),
            await app.RunAsync(browser, session => (session.IsAuthenticated, session.GetUserId(), session.GetValue<string>(key))));
    }

    [Fact]
    public async Task A_value_named_user_id_and_the_user_id_leave_each_other_alone()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, session => session.SetUserId("alice"));
        Assert.Null(await app.RunAsync(browser, session => session.GetValue<string>("user_id")));

        await app.RunAsync(browser, session => session.StoreValue("user_id", "admin"));
        Assert.Equal("alice", await app.RunAsync(browser, session => session.GetUserId()));

        await app.RunAsync(browser, session => session.RemoveValue("user_id"));
        Assert.Equal("alice", await app.RunAsync(browser, session => session.GetUserId()));
    }

    [Fact]
    public async Task What_a_user_left_at_sign_out_is_gone_for_the_next_user_of_the_browser()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, session =>
        {
            session.SetUserId("alice");
            session.StoreValue("diary", "secret");
        });
        await app.RunAsync(browser, session => session.ClearSession());

        await app.RunAsync(browser, session => session.SetUserId("bob"));

        Assert.Equal(("bob", null, 0), await app.RunAsync(browser, session => (session.GetUserId(), session.GetValue<string>("diary"), session.Keys.Count)));
    }

    [Fact]
    public async Task Destroying_the_session_leaves_nothing_to_anybody()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, session =>
        {
            session.SetUserId("alice");
            session.StoreValue("diary", "secret");
        });
        var thief = browser.Clone();

        await app.RunAsync(browser, session => session.DestroySession());

        Assert.Equal((false, 0), await app.RunAsync(browser, session => (session.IsAuthenticated, session.Keys.Count)));
        Assert.Equal((false, 0), await app.RunAsync(thief, session => (session.IsAuthenticated, session.Keys.Count)));
    }
}
