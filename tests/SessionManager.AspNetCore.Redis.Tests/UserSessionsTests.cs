using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>The sessions of a user over two nodes on one server: listed, found, ended and limited exactly, whichever node made them.</summary>
public abstract class UserSessionsTests(Servers servers, ServerKind kind) : IAsyncLifetime
{
    private readonly Gate _gate = new();
    private readonly ConcurrentQueue<string> _told = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly string _prefix = $"test-{Guid.NewGuid():N}:";
    private App _a = null!;
    private App _b = null!;

    private ISessionDirectory OnA => _a.Services.GetRequiredService<ISessionDirectory>();

    private ISessionDirectory OnB => _b.Services.GetRequiredService<ISessionDirectory>();

    public async ValueTask InitializeAsync() => (_a, _b) = (await StartAsync(), await StartAsync());

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        await (_a?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_b?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task All_sessions_of_a_user_are_found_and_ended_whichever_node_made_them()
    {
        Browser[] alices = [await SignInAsync(_a, "alice"), await SignInAsync(_b, "alice"), await SignInAsync(_b, "alice")];
        var bob = await SignInAsync(_b, "bob");
        Assert.Equal(
            (await Task.WhenAll(alices.Select(browser => browser.ReadAsync("/id")))).Order(StringComparer.Ordinal),
            (await OnA.FindByUserAsync("alice")).Select(info => info.SessionId).Order(StringComparer.Ordinal));

        Assert.Equal(3, await OnA.RevokeUserAsync("alice"));

        foreach (var browser in alices)
        {
            Assert.Equal(("nobody", "Revoked"), (await browser.On(_a).ReadAsync("/me"), await browser.On(_b).ReadAsync("/end")));
        }

        Assert.Equal("bob", await bob.On(_a).ReadAsync("/me"));
        Assert.Empty(await OnB.FindByUserAsync("alice"));
    }

    [Fact]
    public async Task All_but_one_and_one_alone_are_ended_from_the_other_node()
    {
        Browser[] alices = [await SignInAsync(_a, "alice"), await SignInAsync(_b, "alice"), await SignInAsync(_b, "alice"), await SignInAsync(_b, "alice")];

        Assert.True(await OnA.RevokeAsync(await alices[3].ReadAsync("/id")));
        Assert.False(await OnB.RevokeAsync(await alices[2].ReadAsync("/id") + "0"));
        Assert.Equal(2, await OnA.RevokeUserAsync("alice", await alices[1].ReadAsync("/id")));

        Assert.Equal(["Revoked", "none", "Revoked", "Revoked"], await Task.WhenAll(alices.Select(browser => browser.On(_b).ReadAsync("/end"))));
        Assert.Equal("alice", await alices[1].On(_a).ReadAsync("/me"));
    }

    [Fact]
    public async Task A_provider_ends_the_sessions_that_it_vouched_for_whichever_node_made_them()
    {
        var options = new NodeOptions
        {
            Prefix = _prefix,
            Clock = _clock,
            Map = app => app.MapProviderSignIn(),
            Services = services => services.AddAuthentication().AddSessionManager(),
        };
        await using var node = await Node.StartAsync(await servers.GetAsync(kind), options);
        Browser[] browsers = [node.NewBrowser(), node.NewBrowser(), node.NewBrowser()];
        await browsers[0].SignInFromAsync("alice", "s1", "u1");
        await browsers[1].SignInFromAsync("alice", "s2", "u1");
        await browsers[2].SignInFromAsync("bob", "s3", "u2");

        Assert.Equal(1, await OnA.RevokeByProviderAsync(ProviderEndpoints.Issuer, sid: "s1"));
        Assert.Equal(["Revoked", "none", "none"], await Task.WhenAll(browsers.Select(browser => browser.On(_b).ReadAsync("/end"))));

        Assert.Equal(1, await OnA.RevokeByProviderAsync(ProviderEndpoints.Issuer, subject: "u1"));
        Assert.Equal(["Revoked", "Revoked", "none"], await Task.WhenAll(browsers.Select(browser => browser.On(_b).ReadAsync("/end"))));
        Assert.Equal("bob", await browsers[2].On(_a).ReadAsync("/me"));
    }

    [Fact]
    public async Task A_user_is_found_exactly_on_either_node()
    {
        string[] users = ["x", "X", "x:y", "*", "х", "x ", "user:x", new('u', 1024), "😀", "{tag}"];
        foreach (var user in users)
        {
            await SignInAsync(_a, user);
        }

        foreach (var user in users)
        {
            Assert.Equal(user, Assert.Single(await OnB.FindByUserAsync(user)).UserId);
        }

        Assert.Equal(1, await OnB.RevokeUserAsync("x"));
        Assert.Equal(users.Length - 1, (await ListAsync(OnA)).Count);
        Assert.Single(await OnA.FindByUserAsync("x:y"));
    }

    [Fact]
    public async Task A_request_held_open_across_a_revocation_on_the_other_node_is_refused_and_brings_nothing_back()
    {
        var browser = await SignInAsync(_b, "alice");
        var pending = browser.Clone().PostAsync("/held").StatusAsync();
        await _gate.Reached;

        Assert.Equal(1, await OnA.RevokeUserAsync("alice"));
        _gate.Open();

        Assert.Equal(409, await pending);
        Assert.Equal(("nobody", "Revoked"), (await browser.On(_a).ReadAsync("/me"), await browser.ReadAsync("/end")));
    }

    [Fact]
    public async Task Each_session_is_listed_once_and_an_expired_one_no_more()
    {
        var expected = new List<string>();
        for (var i = 0; i < 150; i++)
        {
            var browser = i % 2 == 0 ? await SignInAsync(_a, "alice") : await BeginAsync(_b);
            expected.Insert(0, await browser.ReadAsync("/id"));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(expected, await ListAsync(OnA));
        Assert.Equal(expected, await ListAsync(OnB));
        _clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Empty(await ListAsync(OnA));
        Assert.Empty(await OnB.FindByUserAsync("alice"));
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RevokeOldest)]
    [InlineData(SessionLimitBehavior.RejectNew)]
    public async Task Of_ten_sign_ins_at_once_over_both_nodes_at_most_two_live(SessionLimitBehavior mode)
    {
        await using var a = await StartAsync(mode);
        await using var b = await StartAsync(mode);
        var browsers = Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? a : b).NewBrowser()).ToList();

        var statuses = await Task.WhenAll(browsers.Select(browser => browser.PostAsync("/sign-in", new Entry("user", "alice")).StatusAsync()));

        // A sign-in that is itself beyond the limit is refused. Two that claim the last place may both be refused.
        Assert.All(statuses, status => Assert.True(status is 200 or 409));
        var alive = (await Task.WhenAll(browsers.Select(browser => browser.On(a).ReadAsync("/me"))))
            .Count(user => user == "alice");
        Assert.InRange(alive, mode == SessionLimitBehavior.RejectNew ? 0 : 2, 2);
        Assert.Equal(alive, (await OnA.FindByUserAsync("alice")).Count);
        if (mode == SessionLimitBehavior.RejectNew)
        {
            Assert.Equal(alive, statuses.Count(status => status == 200));
        }
    }

    [Fact]
    public async Task An_end_is_told_once_though_both_nodes_notice_it()
    {
        var (revoked, expired) = (await SignInAsync(_a, "alice"), await SignInAsync(_b, "bob"));

        await Task.WhenAll(OnA.RevokeUserAsync("alice"), OnB.RevokeUserAsync("alice"));
        await Task.WhenAll(revoked.On(_a).ReadAsync("/end"), revoked.On(_b).ReadAsync("/end"));
        Assert.Equal(["alice Revoked"], _told);

        _clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Equal(["alice Revoked"], _told);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => expired.On(i % 2 == 0 ? _a : _b).ReadAsync("/me")));
        Assert.Equal(["alice Revoked", "bob Expired"], _told);
    }

    [Fact]
    public async Task All_that_a_user_left_is_erased_whichever_node_holds_it_and_no_note_of_it_stays()
    {
        await using var a = await StartAsync(scope: ClearSessionScope.UserId);
        await using var b = await StartAsync(scope: ClearSessionScope.UserId);
        Browser[] alices = [await SignInAsync(a, "alice"), await SignInAsync(b, "alice"), await SignInAsync(b, "alice"), await SignInAsync(b, "alice")];
        var bob = await SignInAsync(b, "bob");
        foreach (var browser in (Browser[])[.. alices, bob])
        {
            await browser.DoAsync("/value?key=left&value=secret");
        }

        // One expires, signed out of; one is signed out of; one is bob's by now, and one was destroyed.
        await alices[3].DoAsync("/sign-out");
        _clock.Advance(TimeSpan.FromMinutes(21));
        alices[0] = await SignInAsync(a, "alice");
        alices[1] = await SignInAsync(b, "alice");
        await alices[1].DoAsync("/value?key=left&value=secret");
        await alices[1].DoAsync("/sign-out");
        var taken = await SignInAsync(b, "alice");
        await taken.DoAsync("/sign-out");
        await taken.DoAsync("/sign-in", new Entry("user", "bob"));
        await (await SignInAsync(a, "alice")).DoAsync("/destroy");

        // The four that were begun first have expired, and are stored still.
        Assert.Equal(6, await a.Services.GetRequiredService<ISessionDirectory>().EraseUserAsync("alice"));

        Assert.Equal("nothing", await alices[1].ReadAsync("/value?key=left"));
        Assert.Equal(("bob", "Revoked"), (await taken.ReadAsync("/me"), await alices[0].ReadAsync("/end")));
        // Behind the removal of the index entries, on the connections of both nodes.
        Assert.Empty(await a.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice"));
        Assert.Empty(await b.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice"));
        var dump = await Dump.TakeAsync(await servers.GetAsync(kind), _prefix);
        Assert.DoesNotContain(dump.AllBytes, bytes => bytes.AsSpan().IndexOf("alice"u8) >= 0);
        var found = dump.Notes.Where(note => note.Key.Contains(":user:", StringComparison.Ordinal))
            .SelectMany(note => note.Value)
            .Select(entry => Convert.ToHexStringLower((byte[])entry.Element!));
        var left = dump.Hashes.Where(hash => !Dump.IsTombstone(hash.Value)).Select(hash => hash.Key[_prefix.Length..]);
        Assert.Equal(left.Order(StringComparer.Ordinal), found.Distinct().Order(StringComparer.Ordinal));
    }

    private static async Task<Browser> SignInAsync(App node, string user)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", user));
        return browser;
    }

    private static async Task<Browser> BeginAsync(App node)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        return browser;
    }

    private static async Task<List<string>> ListAsync(ISessionDirectory directory)
    {
        var ids = new List<string>();
        await foreach (var info in directory.ListAsync())
        {
            ids.Add(info.SessionId);
        }

        return ids;
    }

    private async Task<App> StartAsync(SessionLimitBehavior? mode = null, ClearSessionScope? scope = null) => await Node.StartAsync(await servers.GetAsync(kind), new NodeOptions
    {
        Prefix = _prefix,
        Clock = _clock,
        Map = app => app.MapPost("/held", async (ISessionManager session) =>
        {
            await _gate.PassAsync();
            session.StoreValue("held", "written");
        }),
        Session = options =>
        {
            options.ClearSessionScope = scope ?? options.ClearSessionScope;
            if (mode is { } chosen)
            {
                (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (2, chosen);
            }

            options.Events.OnEnded = context =>
            {
                _told.Enqueue($"{context.Session.UserId} {context.Reason}");
                return Task.CompletedTask;
            };
        },
    });
}
