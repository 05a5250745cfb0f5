using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>The list of all sessions, page by page.</summary>
public sealed class ListPageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(1000)]
    public async Task All_pages_together_are_the_list_and_each_is_full_but_the_last(int pageSize)
    {
        await using var app = await DirectoryApp.StartAsync();
        await app.BeginAsync(8, "alice");
        await app.BeginAsync(9, user: null, apart: TimeSpan.Zero);
        await app.BeginAsync(8, "bob", apart: TimeSpan.Zero);

        var pages = await DirectoryApp.ReadAllAsync(next => app.Directory.ListPageAsync(pageSize, next));

        Assert.Equal(await app.ListAsync(), pages.SelectMany(page => page));
        Assert.Equal((25 + pageSize - 1) / pageSize, pages.Count);
        Assert.All(pages.SkipLast(1), page => Assert.Equal(pageSize, page.Length));
    }

    [Fact]
    public async Task Sessions_of_the_same_moment_are_sorted_with_the_greater_id_first()
    {
        await using var app = await DirectoryApp.StartAsync();
        var ids = await DirectoryApp.IdsOfAsync(await app.BeginAsync(20, "alice", apart: TimeSpan.Zero));

        var pages = await DirectoryApp.ReadAllAsync(next => app.Directory.ListPageAsync(3, next));

        Assert.Equal(ids.OrderByDescending(Guid.Parse), pages.SelectMany(page => page));
    }

    [Fact]
    public async Task Without_sessions_there_is_one_empty_page()
    {
        await using var app = await DirectoryApp.StartAsync();

        var page = await app.Directory.ListPageAsync(10);

        Assert.Empty(page.Sessions);
        Assert.Null(page.Continuation);
    }

    [Fact]
    public async Task A_session_that_begins_between_two_pages_is_not_on_the_second_and_shifts_nothing()
    {
        await using var app = await DirectoryApp.StartAsync();
        var ids = await DirectoryApp.IdsOfAsync(await app.BeginAsync(6, "alice"));
        var first = await app.Directory.ListPageAsync(3);

        await app.BeginAsync(2, "bob");

        var second = await app.Directory.ListPageAsync(3, first.Continuation);
        Assert.Equal(ids.Reverse(), DirectoryApp.IdsOf(first).Concat(DirectoryApp.IdsOf(second)));
        Assert.Null(second.Continuation);
    }

    [Fact]
    public async Task A_session_that_signs_in_between_two_pages_moves_in_front_of_the_first()
    {
        await using var app = await DirectoryApp.StartAsync();
        var browsers = await app.BeginAsync(6, "alice");
        var ids = await DirectoryApp.IdsOfAsync(browsers);
        var first = await app.Directory.ListPageAsync(3);

        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await browsers[1].DoAsync("/sign-in/alice");
        await browsers[4].DoAsync("/sign-in/alice");

        var second = await app.Directory.ListPageAsync(3, first.Continuation);
        Assert.Equal([ids[2], ids[0]], DirectoryApp.IdsOf(second));
        Assert.Equal(
            new[] { ids[1], ids[4] }.Order(StringComparer.Ordinal),
            DirectoryApp.IdsOf(await app.Directory.ListPageAsync(2)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_session_that_ends_between_two_pages_is_missing_and_hides_no_other()
    {
        await using var app = await DirectoryApp.StartAsync();
        var ids = await DirectoryApp.IdsOfAsync(await app.BeginAsync(6, "alice"));
        var first = await app.Directory.ListPageAsync(3);

        // The last one of the first page, which the continuation names, and one of the second.
        await app.Directory.RevokeAsync(ids[3]);
        await app.Directory.RevokeAsync(ids[1]);

        var second = await app.Directory.ListPageAsync(3, first.Continuation);
        Assert.Equal([ids[2], ids[0]], DirectoryApp.IdsOf(second));
    }

    [Fact]
    public async Task A_session_that_expires_between_two_pages_is_missing_and_hides_no_other()
    {
        await using var app = await DirectoryApp.StartAsync();
        var browsers = await app.BeginAsync(6, "alice");
        var ids = await DirectoryApp.IdsOfAsync(browsers);
        var first = await app.Directory.ListPageAsync(3);

        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await browsers[0].DoAsync("/values/a/1");
        await browsers[2].DoAsync("/values/a/1");
        app.Clock.Advance(TimeSpan.FromMinutes(10));

        var second = await app.Directory.ListPageAsync(3, first.Continuation);
        Assert.Equal([ids[2], ids[0]], DirectoryApp.IdsOf(second));
    }

    [Theory]
    [InlineData(10, 200)]
    [InlineData(49, 200)]
    [InlineData(60, 240)]
    public async Task A_page_ends_after_200_records_or_four_times_its_size_when_most_have_expired(
        int pageSize, int limit)
    {
        await using var app = await DirectoryApp.StartAsync();
        var living = await app.BeginAsync(2, "alice", apart: TimeSpan.Zero);
        await app.BeginAsync(limit - 1, user: null, apart: TimeSpan.FromMilliseconds(1));
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await Task.WhenAll(living.Select(browser => browser.DoAsync("/values/a/1")));
        app.Clock.Advance(TimeSpan.FromMinutes(10));

        var first = await app.Directory.ListPageAsync(pageSize);
        var second = await app.Directory.ListPageAsync(pageSize, first.Continuation);

        // The expired ones are newer. Behind them there is room for one more on the first page.
        Assert.Single(first.Sessions);
        Assert.Single(second.Sessions);
        Assert.Null(second.Continuation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1001)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public async Task A_page_size_out_of_bounds_is_an_error(int pageSize)
    {
        await using var app = await DirectoryApp.StartAsync();

        var exception = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => app.Directory.ListPageAsync(pageSize));

        Assert.Equal("pageSize", exception.ParamName);
    }

    [Fact]
    public async Task A_store_that_is_down_is_an_exception_and_the_same_page_can_be_asked_for_again()
    {
        var cache = new FaultCache();
        await using var app = await DirectoryApp.StartAsync(new AppOptions { Cache = cache });
        await app.BeginAsync(5, "alice");
        var first = await app.Directory.ListPageAsync(2);
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        await Assert.ThrowsAsync<SessionStoreException>(() => app.Directory.ListPageAsync(2, first.Continuation));

        Assert.Equal(2, (await app.Directory.ListPageAsync(2, first.Continuation)).Sessions.Count);
    }

    [Fact]
    public async Task A_page_shows_of_a_session_what_finding_it_shows_and_keeps_none_alive()
    {
        await using var app = await DirectoryApp.StartAsync();
        var id = (await DirectoryApp.IdsOfAsync(await app.BeginAsync(1, "alice")))[0];
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        var page = await app.Directory.ListPageAsync(10);
        Assert.Equal(await app.Directory.FindAsync(id), Assert.Single(page.Sessions));

        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty((await app.Directory.ListPageAsync(10)).Sessions);
    }
}
