using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Two nodes on one server keep every promise that one node keeps.</summary>
public abstract class NodesTests(Servers servers, ServerKind kind) : IAsyncLifetime
{
    private readonly Gate _gate = new();
    private App _a = null!;
    private App _b = null!;

    public async ValueTask InitializeAsync()
    {
        var server = await servers.GetAsync(kind);
        var options = new NodeOptions { Map = MapHeld, Services = static services => services.AddDataProtection().UseEphemeralDataProtectionProvider() };
        _a = await Node.StartAsync(server, options);
        _b = await Node.StartAsync(server, options);
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Open();
        await (_a?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_b?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task No_write_is_lost_of_600_at_once_over_both_nodes()
    {
        var browser = await BeginAsync();
        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => browser.On(NodeOf(i)).DoAsync($"/value?key=key-{i}&value={i}")));

        var keys = await browser.On(_b).KeysAsync();
        Assert.Equal(
            Enumerable.Range(0, 600).Select(i => $"key-{i}").Order(StringComparer.Ordinal),
            keys.Where(key => key.StartsWith("key-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal("599", await browser.ReadAsync("/value?key=key-599"));
    }

    [Fact]
    public async Task Two_hundred_increments_at_once_over_both_nodes_all_count()
    {
        var browser = await BeginAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => browser.On(NodeOf(i)).DoAsync("/increment")));

        Assert.Equal(Enumerable.Range(1, 200), results.Select(int.Parse).Order());
    }

    [Fact]
    public async Task One_of_50_takers_over_both_nodes_gets_the_value()
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/value?key=coupon&value=prize");

        var taken = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => browser.On(NodeOf(i)).DoAsync("/take?key=coupon")));

        Assert.Single(taken, "prize");
        Assert.Equal(49, taken.Count(value => value == "nothing"));
    }

    [Fact]
    public async Task A_read_on_one_node_right_after_a_write_on_the_other_sees_it()
    {
        var writer = await BeginAsync();
        var reader = writer.On(_b);
        for (var i = 0; i < 150; i++)
        {
            await writer.DoAsync($"/value?key=latest&value={i}");
            Assert.Equal($"{i}", await reader.ReadAsync("/value?key=latest"));
        }
    }

    [Theory]
    [InlineData("/destroy", "/held/write")]
    [InlineData("/destroy", "/held/increment")]
    [InlineData("/destroy", "/held/take")]
    [InlineData("/destroy", "/held/rotate")]
    [InlineData("/sign-out", "/held/write")]
    [InlineData("/sign-out", "/held/increment")]
    [InlineData("/sign-out", "/held/take")]
    public async Task A_request_held_open_across_an_end_on_the_other_node_answers_409_and_brings_nothing_back(string end, string held)
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        var (dead, slow) = (browser.Clone(), browser.On(_b));
        var pending = slow.PostAsync(held).StatusAsync();
        await _gate.Reached;

        await browser.DoAsync(end);
        _gate.Open();

        Assert.Equal(409, await pending);
        Assert.Equal(dead.Token, slow.Token);
        foreach (var node in new[] { _a, _b })
        {
            Assert.Equal("nobody", await dead.On(node).ReadAsync("/me"));
            Assert.Equal("nothing", await dead.On(node).ReadAsync("/value?key=held"));
            Assert.Equal("nobody", await browser.On(node).ReadAsync("/me"));
            Assert.Equal("nothing", await browser.On(node).ReadAsync("/value?key=held"));
        }
    }

    [Fact]
    public async Task A_request_held_open_across_a_destroy_signs_in_to_a_session_of_its_own()
    {
        var browser = await BeginAsync();
        var slow = browser.On(_b);
        var pending = slow.PostAsync("/held/sign-in").StatusAsync();
        await _gate.Reached;
        var dead = browser.Clone();
        await browser.DoAsync("/destroy");
        _gate.Open();

        Assert.Equal(200, await pending);
        Assert.Equal("bob", await slow.On(_a).ReadAsync("/me"));
        Assert.Equal("nothing", await slow.ReadAsync("/value?key=first"));
        Assert.Equal("nobody", await dead.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    [InlineData("/rotate")]
    [InlineData("/destroy")]
    public async Task A_token_that_was_replaced_is_dead_on_both_nodes_at_once(string change)
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        var old = browser.Clone();

        await browser.DoAsync(change, change == "/sign-in" ? new Entry("user", "ann") : null);

        Assert.NotEqual(old.Token, browser.Token);
        foreach (var node in new[] { _a, _b })
        {
            Assert.Equal("nobody", await old.On(node).ReadAsync("/me"));
            Assert.Equal("nothing", await old.On(node).ReadAsync("/value?key=first"));
            Assert.NotEqual("none", await old.On(node).ReadAsync("/end"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_click_on_the_other_node_goes_on_in_the_session_of_the_first(bool beside)
    {
        var browser = await BeginAsync();
        var (first, second) = (browser.Clone(), browser.On(_b));
        var pending = beside ? second.PostAsync("/held/sign-in").StatusAsync() : null;
        await (beside ? _gate.Reached : Task.CompletedTask);
        await first.DoAsync("/sign-in", new Entry("user", "bob"));
        _gate.Open();
        Assert.Equal(200, await (pending ?? second.PostAsync("/held/sign-in").StatusAsync()));

        Assert.NotEqual(first.Token, second.Token);
        foreach (var node in new[] { _a, _b })
        {
            Assert.Equal(("bob", "1"), (await first.On(node).ReadAsync("/me"), await first.On(node).ReadAsync("/value?key=first")));
            Assert.Equal(("bob", "1"), (await second.On(node).ReadAsync("/me"), await second.On(node).ReadAsync("/value?key=first")));
            Assert.Equal(await first.On(node).ReadAsync("/id"), await second.On(node).ReadAsync("/id"));
        }
    }

    [Fact]
    public async Task A_user_acts_as_another_on_both_nodes_and_has_everything_again_afterwards()
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "sue"));
        var (old, id) = (browser.Clone(), await browser.ReadAsync("/id"));

        await browser.DoAsync("/act?user=carl");
        var other = browser.On(_b);
        Assert.Equal(("carl", "sue", "nothing"), (await other.ReadAsync("/me"), await other.ReadAsync("/actor"), await other.ReadAsync("/value?key=first")));
        Assert.Equal(("nobody", id), (await old.On(_b).ReadAsync("/me"), await other.ReadAsync("/id")));
        var listed = new List<SessionInfo>();
        await foreach (var info in _b.Services.GetRequiredService<ISessionDirectory>().ListAsync())
        {
            listed.Add(info);
        }

        Assert.Equal(("carl", "sue"), (Assert.Single(listed).UserId, listed[0].ActorId));
        await other.DoAsync("/value?key=theirs&value=1");

        await other.DoAsync("/act-no-more");
        var again = other.On(_a);
        Assert.Equal(("sue", "none", "1", "nothing"), (await again.ReadAsync("/me"), await again.ReadAsync("/actor"), await again.ReadAsync("/value?key=first"), await again.ReadAsync("/value?key=theirs")));
    }

    [Theory]
    [InlineData("sue")]
    [InlineData("carl")]
    public async Task A_revocation_of_who_acts_or_is_acted_as_ends_the_session_on_both_nodes(string user)
    {
        var directory = _b.Services.GetRequiredService<ISessionDirectory>();
        var browser = await BeginAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "sue"));
        await browser.DoAsync("/act?user=carl");
        Assert.Single(await directory.FindByUserAsync(user));

        Assert.Equal(1, await directory.RevokeUserAsync(user));

        Assert.Equal(("Revoked", "nobody"), (await browser.ReadAsync("/end"), await browser.On(_b).ReadAsync("/me")));
        Assert.Empty(await directory.FindByUserAsync(user));
    }

    [Fact]
    public async Task A_token_that_the_end_of_acting_replaced_is_no_second_click()
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "sue"));
        await browser.DoAsync("/act?user=carl");
        var old = browser.On(_b);
        await browser.DoAsync("/act-no-more");

        await old.DoAsync("/sign-in", new Entry("user", "sue"));

        Assert.NotEqual(await browser.ReadAsync("/id"), await old.ReadAsync("/id"));
    }

    [Fact]
    public async Task A_session_ended_by_one_node_tells_the_other_why()
    {
        var browser = await BeginAsync();
        var dead = browser.On(_b);
        await browser.DoAsync("/destroy");

        Assert.Equal("SignedOut", await dead.ReadAsync("/end"));
    }

    [Fact]
    public async Task Nodes_with_different_data_protection_keys_share_their_sessions()
    {
        var sealedByA = _a.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test").Protect("secret");
        Assert.Throws<CryptographicException>(() => _b.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test").Unprotect(sealedByA));

        var browser = await BeginAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));

        Assert.Equal("ann", await browser.On(_b).ReadAsync("/me"));
        Assert.Equal("1", await browser.On(_b).ReadAsync("/value?key=first"));
    }

    private async Task<Browser> BeginAsync()
    {
        var browser = _a.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        return browser;
    }

    private App NodeOf(int number) => number % 2 == 0 ? _a : _b;

    private void MapHeld(WebApplication app)
    {
        app.MapGet("/actor", (ISessionManager session) => session.Info?.ActorId ?? "none");
        app.MapPost("/act", (ISessionManager session, string user) => session.ImpersonateAsync(user));
        app.MapPost("/act-no-more", (ISessionManager session) => session.EndImpersonation());
        app.MapPost("/held/write", async (ISessionManager session) =>
        {
            await _gate.PassAsync();
            session.StoreValue("held", "written");
        });
        app.MapPost("/held/increment", async (ISessionManager session) =>
        {
            await _gate.PassAsync();
            await session.UpdateValueAsync<string>("held", static _ => "written");
        });
        app.MapPost("/held/take", async (ISessionManager session) =>
        {
            await _gate.PassAsync();
            await session.TakeValueAsync<string>("first");
        });
        app.MapPost("/held/rotate", async (ISessionManager session) =>
        {
            await _gate.PassAsync();
            session.RotateToken();
        });
        app.MapPost("/held/sign-in", async (ISessionManager session) =>
        {
            await _gate.PassAsync();
            session.SetUserId("bob");
        });
    }
}
