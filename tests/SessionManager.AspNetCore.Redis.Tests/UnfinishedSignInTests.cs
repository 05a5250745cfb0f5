using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>A sign-in that a server refuses leaves the session as it was. A session begins wherever its own machine
/// answers.</summary>
public sealed class UnfinishedSignInTests
{
    private const int Browsers = 20;

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public async Task Out_of_memory_a_refused_sign_in_leaves_the_session_as_it_was(int? limit)
    {
        await using var server = await Servers.StartRedisAsync();
        var options = new NodeOptions { Session = session => session.MaxSessionsPerUser = limit };
        await using var node = await Node.StartAsync(server, options);
        var (browser, signedIn) = (await BeginAsync(node), await BeginAsync(node));
        await signedIn.DoAsync("/sign-in", new Entry("user", "bob"));
        var before = await Dump.TakeAsync(server, options.Prefix);
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        await admin.GetServers()[0].ConfigSetAsync("maxmemory", "1");

        foreach (var (each, user) in ((Browser, string)[])[(browser, "nobody"), (signedIn, "bob")])
        {
            var old = each.Token;
            Assert.Equal(503, await each.PostAsync("/value?key=cart&value=2").StatusAsync());
            Assert.Equal(503, await each.PostAsync("/fill?count=3&size=10").StatusAsync());
            Assert.Equal(old, each.Token);
            Assert.Equal((user, "1"), (await each.ReadAsync("/me"), await each.ReadAsync("/value?key=cart")));
        }

        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=cart&value=2").StatusAsync());
        Assert.Equal(503, await node.NewBrowser().PostAsync("/sign-in", new Entry("user", "bob")).StatusAsync());
        var after = await Dump.TakeAsync(server, options.Prefix);
        Assert.Equal(before.Hashes.Keys.Order(), after.Hashes.Keys.Order());
        Assert.Equal(before.Notes.Keys.Order(), after.Notes.Keys.Order());

        // Answered, it is done: signing in stores no value.
        var status = await browser.PostAsync("/sign-in", new Entry("user", "ann")).StatusAsync();
        Assert.Equal(
            (status == 200 ? "ann" : "nobody", "1"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/value?key=cart")));
        await signedIn.DoAsync("/sign-out");
        Assert.Equal("nobody", await signedIn.ReadAsync("/me"));

        await admin.GetServers()[0].ConfigSetAsync("maxmemory", "0");
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        Assert.Single(await node.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("ann"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task With_a_machine_of_a_cluster_down_sessions_begin_on_the_others_and_nobody_is_half_signed_in(int down)
    {
        await using var cluster = await RedisCluster.StartAsync();
        var options = new NodeOptions { Session = static session => session.IOTimeout = TimeSpan.FromSeconds(1) };
        await using var node = await Node.StartAsync(cluster.Configuration, options);
        var browsers = new List<Browser>();
        for (var i = 0; i < Browsers; i++)
        {
            browsers.Add(await BeginAsync(node));
        }

        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{cluster.Configuration},allowAdmin=true");
        await cluster.Nodes[down].KillAsync();

        var (signedIn, refused, begun) = (0, 0, new List<Browser>());
        foreach (var (browser, i) in browsers.Select(static (browser, i) => (browser, i)))
        {
            var old = browser.Clone();
            var status = await browser.PostAsync("/sign-in", new Entry("user", $"user-{i}")).StatusAsync();
            (signedIn, refused) = (signedIn + (status == 200 ? 1 : 0), refused + (status == 503 ? 1 : 0));
            Assert.True(status is 200 or 503);
            if (await old.GetAsync("/me").StatusAsync() == 503)
            {
                // Its machine is the one that is down.
                Assert.Equal(503, status);
                continue;
            }

            // Either all of it or nothing.
            Assert.Equal("nobody", await old.ReadAsync("/me"));
            Assert.Equal(status == 200 ? $"user-{i}" : "nobody", await browser.ReadAsync("/me"));
            Assert.Equal("1", await browser.ReadAsync("/value?key=cart"));
        }

        Assert.True(signedIn > 2 && refused > 2, $"{signedIn} signed in, {refused} were refused.");

        // A session without a user needs the machine of its own key, and no other.
        var failed = 0;
        for (var i = 0; i < Browsers; i++)
        {
            var browser = node.NewBrowser();
            if (await browser.PostAsync("/value?key=cart&value=1").StatusAsync() == 200)
            {
                begun.Add(browser);
                continue;
            }

            failed++;
        }

        // The ids are random: a third, and no more than by rare chance a bit more than half.
        Assert.InRange(failed, 1, Browsers * 7 / 10);
        foreach (var browser in begun)
        {
            Assert.False(IsOf(cluster, connection, browser, options.Prefix, down));
        }
    }

    private static bool IsOf(
        RedisCluster cluster, ConnectionMultiplexer connection, Browser browser, string prefix, int down)
    {
        var id = new Guid(WebEncoders.Base64UrlDecode(browser.Token!).AsSpan(0, 16), bigEndian: true);
        var slot = connection.HashSlot(string.Create(CultureInfo.InvariantCulture, $"{prefix}{id:N}"));
        return slot >= 16_384 * down / cluster.Nodes.Count && slot < 16_384 * (down + 1) / cluster.Nodes.Count;
    }

    private static async Task<Browser> BeginAsync(App node)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=cart&value=1");
        return browser;
    }
}
