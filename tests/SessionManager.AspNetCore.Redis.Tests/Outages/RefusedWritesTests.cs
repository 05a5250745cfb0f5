using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>A server that can't take a write, or a part of it, leaves the session as it was.</summary>
[Collection(RealServers.MoreCollection)]
public sealed class RefusedWritesTests
{
    private static readonly ConcurrentDictionary<string, string> Begun = new(StringComparer.Ordinal);

    private readonly string _prefix = $"refused-{Guid.NewGuid():N}:";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Out_of_memory_a_sign_in_is_whole_or_leaves_the_session_as_it_was(bool onCluster)
    {
        await using var cluster = onCluster ? await RedisCluster.StartAsync() : null;
        await using var single = onCluster ? null : await Servers.StartRedisAsync();
        var servers = cluster?.Nodes ?? [single!];
        await using var node = await OutageNode.StartAsync(cluster?.Configuration ?? single!.Configuration, _prefix);
        foreach (var server in servers)
        {
            var (signIns, alice) = (await BeginAsync(node, 12), await node.SignInAsync("alice"));
            await server.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
            await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");

            await SignInAsync(signIns);
            var begins = await Task.WhenAll(
                Enumerable.Range(0, 12).Select(_ => node.NewBrowser().PostAsync("/value?key=a&value=1").InTimeAsync()));
            Assert.All(begins, status => Assert.True(status is 503 || (onCluster && status is 200)));
            Assert.Contains(503, begins);
            await AssertWholeAsync(signIns);

            // An end gets through.
            var ended = alice.Clone();
            await alice.DoAsync("/sign-out");
            Assert.Equal(("nobody", "nobody"), (await ended.ReadAsync("/me"), await alice.ReadAsync("/me")));

            await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");
            await AssertWholeAsync(signIns);
            await AssertCanSignInAsync(signIns);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task With_a_master_down_a_sign_in_leaves_the_session_as_it_was_and_the_rest_goes_on(int down)
    {
        await using var cluster = await RedisCluster.StartAsync(nodeTimeout: 60_000);
        await using var node = await OutageNode.StartAsync(cluster.Configuration, _prefix, static setup =>
            setup.Map = static app => app.MapPost("/begin", (ISessionManager session, string id) =>
            {
                Begun[id] = session.SessionId;
                session.StoreValue("cart", "full");
            }));
        var signIns = await BeginAsync(node, 40);
        await cluster.Nodes[down].PauseAsync();

        await SignInAsync(signIns);
        var statuses = signIns.Select(static it => it.Status).ToList();
        Assert.Contains(503, statuses);
        var alive = new List<SignIn>();
        foreach (var signIn in signIns)
        {
            if (await IsAliveAsync(signIn.Old.StoreId()))
            {
                alive.Add(signIn);
            }
        }

        await AssertWholeAsync(alive);

        // What begins needs the machine of its own record, and no other.
        var ids = Enumerable.Range(0, 40).Select(static _ => $"{Guid.NewGuid():N}").ToList();
        var begins = await Task.WhenAll(
            ids.Select(id => node.NewBrowser().PostAsync($"/begin?id={id}").InTimeAsync()));
        var lived = 0;
        for (var i = 0; i < ids.Count; i++)
        {
            if (await IsAliveAsync(Guid.Parse(Begun[ids[i]])))
            {
                lived++;
                Assert.Equal(200, begins[i]);
            }
        }

        Assert.InRange(lived, 1, ids.Count - 1);
        await cluster.Nodes[down].ResumeAsync();
        await AssertCanSignInAsync(signIns);

        async Task<bool> IsAliveAsync(Guid id)
        {
            // Asked of a master that lives.
            var living = cluster.Nodes[(down + 1) % 3];
            var slot = int.Parse(await living.CommandAsync("CLUSTER", "KEYSLOT", $"{_prefix}{id:N}"));
            return RedisCluster.MasterOf(slot) != down;
        }
    }

    private static async Task<List<SignIn>> BeginAsync(App node, int count)
    {
        var signIns = new List<SignIn>();
        while (signIns.Count < count)
        {
            var browser = node.NewBrowser();
            await browser.DoAsync("/value?key=cart&value=full");
            signIns.Add(new SignIn($"{Guid.NewGuid()}", browser, browser.Clone()));
        }

        return signIns;
    }

    private static async Task SignInAsync(List<SignIn> signIns)
    {
        var statuses = await Task.WhenAll(signIns.Select(
            static it => it.Browser.PostAsync("/sign-in", new Entry("user", it.User)).InTimeAsync()));
        for (var i = 0; i < statuses.Length; i++)
        {
            signIns[i].Status = statuses[i];
            Assert.True(statuses[i] is 200 or 503);
        }
    }

    private static async Task AssertWholeAsync(List<SignIn> signIns)
    {
        foreach (var signIn in signIns)
        {
            var done = signIn.Status == 200;
            Assert.Equal(done, signIn.Browser.Token != signIn.Old.Token);
            Assert.Equal(
                (done ? signIn.User : "nobody", "full"),
                (await signIn.Browser.ReadAsync("/me"), await signIn.Browser.ReadAsync("/value?key=cart")));
            Assert.Equal(
                ("nobody", done ? "nothing" : "full"),
                (await signIn.Old.ReadAsync("/me"), await signIn.Old.ReadAsync("/value?key=cart")));
        }
    }

    /// <summary>All can sign in as soon as there is nothing in the way, and are where they were.</summary>
    private static async Task AssertCanSignInAsync(List<SignIn> signIns)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(Node.Patience);
        foreach (var signIn in signIns)
        {
            while (await signIn.Browser.PostAsync("/sign-in", new Entry("user", signIn.User)).StatusAsync() == 503)
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }

            Assert.Equal(
                (signIn.User, "full"),
                (await signIn.Browser.ReadAsync("/me"), await signIn.Browser.ReadAsync("/value?key=cart")));
        }
    }

    private sealed record SignIn(string User, Browser Browser, Browser Old)
    {
        public int Status { get; set; }
    }
}
