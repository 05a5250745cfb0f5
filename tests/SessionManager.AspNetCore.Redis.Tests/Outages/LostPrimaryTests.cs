using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>A node has lost its primary and still reaches a replica. The replica decides nothing: what needs the store
/// is answered 503.</summary>
public abstract class LostPrimaryTests : IAsyncLifetime
{
    private readonly string _prefix = $"lost-{Guid.NewGuid():N}:";
    private readonly HeldRequests _held = new();
    private RedisFleet _fleet = null!;
    private App _node = null!;

    public async ValueTask InitializeAsync()
    {
        _fleet = await StartAsync();
        _node = await OutageNode.StartAsync(_fleet.Configuration, _prefix, setup => setup.Map = _held.Map);
    }

    public async ValueTask DisposeAsync()
    {
        await (_node?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_fleet?.DisposeAsync() ?? ValueTask.CompletedTask);
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_cut_off_with_the_replica_admits_no_revoked_session_and_confirms_no_end(bool silent)
    {
        var (alice, bob, carol) =
            (await _node.SignInAsync("alice"), await _node.SignInAsync("bob"), await _node.SignInAsync("carol"));
        await _fleet.WaitForReplicaAsync();
        Assert.Equal(1, int.Parse(await carol.ReadAsync("/devices?user=alice")));

        Lose(silent);
        await using var other = await OutageNode.StartAsync(_fleet.OtherSide, _prefix);
        Assert.Equal("1", await other.NewBrowser().DoAsync("/revoke?user=alice"));
        var dora = (await other.SignInAsync("dora")).On(_node);
        var ended = (await other.SignInAsync("emil")).On(_node);
        Assert.Equal("1", await other.NewBrowser().DoAsync("/revoke?user=emil"));

        // Known to the replica, and unknown; alive, and revoked. All at once, because each waits for its timeout.
        await AssertUnavailableAsync(
            [
                .. new[] { alice, bob, dora, ended }.SelectMany(static browser => new[]
                {
                    browser.Clone().GetAsync("/me"),
                    browser.Clone().PostAsync("/value?key=cart&value=empty"),
                }),
                .. new[] { bob, dora }.SelectMany(static browser => new[]
                {
                    browser.Clone().PostAsync("/sign-out"),
                    browser.Clone().PostAsync("/destroy"),
                    browser.Clone().PostAsync("/rotate"),
                    browser.Clone().PostAsync("/sign-in", new Entry("user", "fred")),
                }),
                .. new[] { "bob", "dora" }.SelectMany(user => new[]
                {
                    _node.NewBrowser().PostAsync($"/revoke?user={user}"),
                    _node.NewBrowser().GetAsync($"/devices?user={user}"),
                }),
                _node.NewBrowser().GetAsync("/list"),
                _node.NewBrowser().PostAsync("/sign-in", new Entry("user", "fred")),
            ]);
        Assert.Equal(200, await _node.NewBrowser().GetAsync("/me").InTimeAsync());
        Assert.Equal(200, await dora.GetAsync("/plain").InTimeAsync());

        _fleet.Link.Heal();
        await _node.WaitUntilWorkingAsync();
        Assert.Equal(("nobody", "nobody"), (await alice.ReadAsync("/me"), await ended.ReadAsync("/me")));
        Assert.Equal(("carol", "full"), (await carol.ReadAsync("/me"), await carol.ReadAsync("/value?key=cart")));
        Assert.Equal("Revoked", await alice.ReadAsync("/end"));
        Assert.Equal("1", await _node.NewBrowser().DoAsync("/revoke?user=carol"));
    }

    [Fact]
    public async Task A_request_that_loaded_its_session_before_the_primary_was_lost_is_not_finished_by_the_replica()
    {
        await _fleet.WaitForReplicaAsync();
        var known = await _node.SignInAsync("known");
        await _fleet.WaitForReplicaAsync();
        _fleet.Link.CutReplication();
        await known.DoAsync("/value?key=cart&value=newer");
        var pending = new List<Task<HttpResponseMessage>>();
        foreach (var kind in HeldRequests.Kinds)
        {
            pending.Add(await _held.BeginAsync(known, kind));
            pending.Add(await _held.BeginAsync(await _node.SignInAsync($"unknown-{kind}"), kind));
        }

        Lose(silent: false);
        _held.LetGo();
        await AssertUnavailableAsync([.. pending]);

        _fleet.Link.Heal();
        await _node.WaitUntilWorkingAsync();
        // One of the changes may have been on its way, and applied, when the primary was lost. What only the replica
        // still had is not back in any case.
        Assert.NotEqual("full", await known.ReadAsync("/value?key=cart"));
    }

    [Fact]
    public async Task A_node_that_starts_while_there_is_only_the_replica_decides_nothing_by_it()
    {
        var (alice, bob) = (await _node.SignInAsync("alice"), await _node.SignInAsync("bob"));
        await _fleet.WaitForReplicaAsync();
        Lose(silent: false);

        await using var late = await OutageNode.StartAsync(_fleet.Configuration, _prefix);
        await AssertUnavailableAsync(
            alice.On(late).GetAsync("/me"),
            alice.On(late).PostAsync("/sign-out"),
            late.NewBrowser().PostAsync("/revoke?user=alice"),
            late.NewBrowser().GetAsync($"/find?id={bob.StoreId()}"));
        Assert.Equal(200, await late.NewBrowser().GetAsync("/me").InTimeAsync());

        _fleet.Link.Heal();
        await late.WaitUntilWorkingAsync();
        Assert.Equal("alice", await alice.On(late).ReadAsync("/me"));
    }

    [Fact]
    public async Task A_primary_that_is_killed_is_not_replaced_by_its_replica()
    {
        var (alice, bob) = (await _node.SignInAsync("alice"), await _node.SignInAsync("bob"));
        await _fleet.WaitForReplicaAsync();
        await _fleet.Primary.KillAsync();

        await AssertUnavailableAsync(
            alice.GetAsync("/me"),
            alice.PostAsync("/sign-out"),
            bob.PostAsync("/destroy"),
            _node.NewBrowser().PostAsync("/revoke?user=bob"),
            _node.NewBrowser().PostAsync("/value?key=a&value=1"));
        Assert.Equal(200, await _node.NewBrowser().GetAsync("/me").InTimeAsync());
    }

    private protected abstract Task<RedisFleet> StartAsync();

    private static async Task AssertUnavailableAsync(params Task<HttpResponseMessage>[] requests) =>
        Assert.All(
            await Task.WhenAll(requests.Select(OutageNode.InTimeAsync)), static status => Assert.Equal(503, status));

    private void Lose(bool silent)
    {
        if (silent)
        {
            _fleet.Link.Silence();
        }
        else
        {
            _fleet.Link.Cut();
        }
    }
}
