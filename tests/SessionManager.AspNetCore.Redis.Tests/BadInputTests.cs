using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Names that mean something to Redis or to us, and sessions of a size that scripts choke on.</summary>
public sealed class BadInputTests(Servers servers)
{
    private const int StoreFailed = 31;

    public static TheoryData<string> OddTexts { get; } =
    [
        "a:b", "*", "?", "[a]", "{}", "{tag}", "{", "}", " ", "two words", "cr\r\nlf", "nul\0nul", "\U0001F600", "\\", "\"", "'", "%s", "$6",
        "f", "s", "g", "u", "o", "c", "b", "a", "l", "e", "v:", "v:x", "1", "0", "false", "-1",
    ];

    public static TheoryData<ServerKind> Kinds { get; } = [ServerKind.Garnet, ServerKind.Redis];

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("a:b:")]
    [InlineData("*")]
    [InlineData("[a-z]?")]
    [InlineData("{}")]
    [InlineData("{tag}:")]
    [InlineData("two words ")]
    [InlineData("cr\r\nlf")]
    [InlineData("nul\0")]
    [InlineData("\U0001F600")]
    public async Task A_prefix_may_be_anything(string prefix)
    {
        var server = await servers.GetAsync(ServerKind.Redis);
        var options = new NodeOptions { Prefix = prefix };
        await using var node = await Node.StartAsync(server, options);
        await using var other = await Node.StartAsync(server, new NodeOptions { Prefix = prefix + "x" });
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");

        Assert.Equal("1", await browser.ReadAsync("/value?key=a"));
        Assert.Equal("nothing", await browser.On(other).ReadAsync("/value?key=a"));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        Assert.True(await connection.GetDatabase().KeyExistsAsync(await browser.StoreKeyAsync(options)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Value_keys_may_be_anything_and_stay_apart(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        string[] keys = [.. OddTexts.Select(row => row.Data)];
        foreach (var key in keys)
        {
            await browser.DoAsync("/store", new Entry(key, "value of " + key));
        }

        Assert.Equal(keys.Order(StringComparer.Ordinal), (await browser.KeysAsync()).Order(StringComparer.Ordinal));
        foreach (var key in keys)
        {
            Assert.Equal("value of " + key, await browser.DoAsync("/read", new Entry(key, "")));
            Assert.Equal("true", await browser.DoAsync("/remove", new Entry(key, "")));
        }

        Assert.Empty(await browser.KeysAsync());
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Theory]
    [MemberData(nameof(OddTexts))]
    public async Task A_user_id_may_be_anything(string userId)
    {
        var server = await servers.GetAsync(ServerKind.Garnet);
        await using var node = await Node.StartAsync(server);
        var browser = node.NewBrowser();
        await browser.DoAsync("/store", new Entry("u", "not the user"));
        await browser.DoAsync("/sign-in", new Entry("user", userId));

        Assert.Equal(userId, await browser.ReadAsync("/me"));
        Assert.Equal("not the user", await browser.DoAsync("/read", new Entry("u", "")));
        await browser.DoAsync("/sign-out");
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_may_be_empty_or_look_like_a_number(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server);
        var browser = node.NewBrowser();
        foreach (var value in new[] { "", "0", "-1", "1e400", "nan", "0x10", "9223372036854775808", "\0" })
        {
            await browser.DoAsync("/store", new Entry("value", value));
            Assert.Equal(value, await browser.DoAsync("/read", new Entry("value", "")));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_session_of_10_000_values_is_loaded_changed_and_dropped(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server, options);
        var browser = node.NewBrowser();

        await browser.DoAsync("/fill?count=10000&size=5");
        Assert.Equal(10_000, (await browser.KeysAsync()).Length);

        await browser.DoAsync("/value?key=value-9999&value=changed");
        Assert.Equal("changed", await browser.ReadAsync("/value?key=value-9999"));
        await browser.DoAsync("/fill?count=10000&size=6");
        Assert.Equal("xxxxxx", await browser.ReadAsync("/value?key=value-9999"));

        await browser.DoAsync("/drop");
        Assert.Empty(await browser.KeysAsync());
        Assert.Equal(["0", "1", "l", "v"], (await Dump.TakeAsync(server, options.Prefix)).FieldsOfOnlyKey());
        await browser.DoAsync("/value?key=a&value=1");
        Assert.Equal("1", await browser.ReadAsync("/value?key=a"));
    }

    [Fact]
    public async Task Scripts_that_the_server_has_forgotten_are_sent_again()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var node = await Node.StartAsync(server);
        var browser = node.NewBrowser();
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        foreach (var request in new[] { "/value?key=a&value=1", "/value?key=b&value=2", "/increment", "/take?key=b", "/rotate", "/destroy" })
        {
            await admin.GetServers()[0].ScriptFlushAsync();
            await browser.DoAsync(request);
        }

        Assert.Equal(0, node.Logs.CountOf(StoreFailed));
    }
}
