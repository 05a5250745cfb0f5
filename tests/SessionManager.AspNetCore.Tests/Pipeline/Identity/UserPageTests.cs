using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>The sessions of one user, page by page.</summary>
public sealed class UserPageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(30)]
    [InlineData(1000)]
    public async Task All_pages_together_are_what_finding_the_user_finds_in_the_same_order(int pageSize)
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(15, "alice");
        await app.BeginAsync(5, "bob");
        await app.BeginAsync(15, "alice", apart: TimeSpan.Zero);

        var pages = await DirectoryApp.ReadAllAsync(next => app.Directory.FindByUserPageAsync("alice", pageSize, next));

        Assert.Equal(await FindAsync(app, "alice"), pages.SelectMany(page => page));
        Assert.Equal(30, pages.Sum(page => page.Length));
        Assert.All(pages.SkipLast(1), page => Assert.Equal(pageSize, page.Length));
    }

    [Fact]
    public async Task Sign_ins_of_the_same_moment_are_sorted_with_the_greater_id_first()
    {
        await using var app = await DirectoryApp.StartAsync();
        var ids = await DirectoryApp.IdsOfAsync(await app.BeginAsync(20, "alice", apart: TimeSpan.Zero));

        var pages = await DirectoryApp.ReadAllAsync(next => app.Directory.FindByUserPageAsync("alice", 3, next));

        Assert.Equal(ids.OrderByDescending(Guid.Parse), pages.SelectMany(page => page));
        Assert.Equal(ids.OrderByDescending(Guid.Parse), await FindAsync(app, "alice"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    public async Task Sessions_in_which_somebody_acts_have_their_place_by_the_sign_in_under_both_users(int pageSize)
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(2, "carl");
        var sues = await app.BeginAsync(2, "sue");
        await app.BeginAsync(2, "carl");
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await sues[0].DoAsync("/act/carl");
        await app.BeginAsync(1, "carl");

        foreach (var (user, count) in ((string, int)[])[("carl", 6), ("sue", 2)])
        {
            var pages = await DirectoryApp.ReadAllAsync(
                next => app.Directory.FindByUserPageAsync(user, pageSize, next));
            Assert.Equal(await FindAsync(app, user), pages.SelectMany(page => page));
            Assert.Equal(count, pages.Sum(page => page.Length));
        }
    }

    [Fact]
    public async Task A_session_in_which_a_user_was_signed_in_and_is_now_acted_as_is_there_once()
    {
        await using var app = await DirectoryApp.StartAsync();
        var browsers = await app.BeginAsync(3, "carl");
        await browsers[1].DoAsync("/sign-in/sue");
        await browsers[1].DoAsync("/act/carl");

        var pages = await DirectoryApp.ReadAllAsync(next => app.Directory.FindByUserPageAsync("carl", 1, next));

        Assert.Equal(await FindAsync(app, "carl"), pages.SelectMany(page => page));
        Assert.Equal(3, pages.Count);
    }

    [Fact]
    public async Task A_page_of_a_user_with_many_sessions_takes_one_call()
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(300, "alice", apart: TimeSpan.FromMilliseconds(1));
        var (loads, finds) = (app.Store.CallsOf(StoreOperation.Load), app.Store.CallsOf(StoreOperation.FindByUser));

        var first = await app.Directory.FindByUserPageAsync("alice", 50);
        var second = await app.Directory.FindByUserPageAsync("alice", 50, first.Continuation);

        Assert.Equal((50, 50), (first.Sessions.Count, second.Sessions.Count));
        Assert.Equal(0, app.Store.CallsOf(StoreOperation.Load) - loads);
        Assert.Equal(2, app.Store.CallsOf(StoreOperation.FindByUser) - finds);
    }

    [Fact]
    public async Task Sign_ins_between_two_pages_are_not_on_the_second_and_shift_nothing()
    {
        await using var app = await DirectoryApp.StartAsync();
        var browsers = await app.BeginAsync(6, "alice");
        var ids = await DirectoryApp.IdsOfAsync(browsers);
        var first = await app.Directory.FindByUserPageAsync("alice", 3);

        await app.BeginAsync(2, "alice");
        await browsers[1].DoAsync("/sign-in/alice");
        await browsers[5].DoAsync("/sign-in/alice");

        var second = await app.Directory.FindByUserPageAsync("alice", 3, first.Continuation);
        Assert.Equal([ids[5], ids[4], ids[3]], DirectoryApp.IdsOf(first));
        Assert.Equal([ids[2], ids[0]], DirectoryApp.IdsOf(second));
    }

    [Fact]
    public async Task Sessions_that_end_change_hands_or_expire_between_two_pages_are_missing_and_hide_no_other()
    {
        await using var app = await DirectoryApp.StartAsync();
        var browsers = await app.BeginAsync(8, "alice");
        var ids = await DirectoryApp.IdsOfAsync(browsers);
        var first = await app.Directory.FindByUserPageAsync("alice", 3);

        await app.Directory.RevokeAsync(ids[5]);
        await app.Directory.RevokeAsync(ids[4]);
        await browsers[3].DoAsync("/sign-in/bob");
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await browsers[0].DoAsync("/values/a/1");
        await browsers[2].DoAsync("/values/a/1");
        app.Clock.Advance(TimeSpan.FromMinutes(10));

        var second = await app.Directory.FindByUserPageAsync("alice", 3, first.Continuation);
        Assert.Equal([ids[2], ids[0]], DirectoryApp.IdsOf(second));
        Assert.Null(second.Continuation);
    }

    [Fact]
    public async Task A_user_is_found_exactly_by_an_id_of_any_type_and_a_default_is_nobody()
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(2, "42");
        await app.BeginAsync(1, "x");

        Assert.Equal(2, (await app.Directory.FindByUserPageAsync(42, 10)).Sessions.Count);
        Assert.Empty((await app.Directory.FindByUserPageAsync("X", 10)).Sessions);
        Assert.Empty((await app.Directory.FindByUserPageAsync(0, 10)).Sessions);
        Assert.Empty((await app.Directory.FindByUserPageAsync<string?>(null, 10)).Sessions);
        Assert.Null((await app.Directory.FindByUserPageAsync("", 10)).Continuation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    public async Task A_page_size_out_of_bounds_is_an_error(int pageSize)
    {
        await using var app = await DirectoryApp.StartAsync();

        var exception = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => app.Directory.FindByUserPageAsync("alice", pageSize));

        Assert.Equal("pageSize", exception.ParamName);
    }

    [Fact]
    public async Task A_store_that_is_down_is_an_exception()
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(3, "alice");
        app.Store.Plan(StoreOperation.FindByUser, StoreFaultKind.Fail);

        await Assert.ThrowsAsync<SessionStoreException>(() => app.Directory.FindByUserPageAsync("alice", 2));

        Assert.Equal(2, (await app.Directory.FindByUserPageAsync("alice", 2)).Sessions.Count);
    }

    private static async Task<string[]> FindAsync(DirectoryApp app, string user) =>
        [.. (await app.Directory.FindByUserAsync(user)).Select(session => session.SessionId)];
}
