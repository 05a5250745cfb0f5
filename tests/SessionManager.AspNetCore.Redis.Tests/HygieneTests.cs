using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>What is left in the server: nothing without a time to live, no secret, no field that was removed.</summary>
public sealed class HygieneTests(Servers servers)
{
    private readonly NodeOptions _options = new();

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task Every_key_has_a_time_to_live_tombstones_too(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server, _options);
        await LiveAsync(node);

        var dump = await Dump.TakeAsync(server, _options.Prefix);

        Assert.Equal(4, dump.Hashes.Count);
        Assert.Single(dump.Hashes, hash => Dump.IsTombstone(hash.Value));
        foreach (var (key, left) in dump.TimesToLive)
        {
            // The idle timeout is 20 minutes: a record stays twice as long, and a tombstone too. A user's entries stay as
            // long as a session can live. A shelf of the list stays until all its records are gone, and its note for an
            // hour more.
            var (most, spread) = key.Contains(":user:", StringComparison.Ordinal) ? ((24 * 60) + 40, 1)
                : !dump.Notes.ContainsKey(key) ? (40, 1)
                : key.Split(':') is [.., "list", _] ? (40 + 20 + 60, 21)
                : (40 + 20 + 10, 31);
            Assert.NotNull(left);
            Assert.InRange(left.Value, TimeSpan.FromMinutes(most - spread), TimeSpan.FromMinutes(most));
        }
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task A_touch_renews_the_time_to_live(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server, _options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await admin.GetDatabase().KeyExpireAsync(await browser.StoreKeyAsync(_options), TimeSpan.FromMinutes(2));

        node.Clock.Advance(TimeSpan.FromMinutes(10));
        await browser.ReadAsync("/plain");

        var dump = await Dump.TakeAsync(server, _options.Prefix);
        var left = dump.TimesToLive[Assert.Single(dump.Hashes).Key];
        Assert.InRange(left!.Value, TimeSpan.FromMinutes(39), TimeSpan.FromMinutes(40));
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task No_token_and_no_secret_is_in_the_server_in_any_encoding(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server, _options);
        var tokens = await LiveAsync(node);

        var stored = (await Dump.TakeAsync(server, _options.Prefix)).AllBytes.ToList();

        Assert.NotEmpty(tokens);
        foreach (var form in tokens.SelectMany(FormsOf))
        {
            Assert.DoesNotContain(stored, bytes => bytes.AsSpan().IndexOf(form) >= 0);
        }

        // The search finds what is there: the hash of a living session's secret.
        Assert.Contains(tokens, token => stored.Exists(bytes => bytes.AsSpan().IndexOf(SHA256.HashData(SecretOf(token))) >= 0));
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task A_removal_leaves_no_field_behind(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server, _options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/fill?count=5&size=3");
        await browser.DoAsync("/remove", new Entry("value-1", ""));
        await browser.DoAsync("/take?key=value-2");

        var left = (await Dump.TakeAsync(server, _options.Prefix)).FieldsOfOnlyKey();
        Assert.Equal(["0", "1", ":value-0", ":value-3", ":value-4", "l", "v"], left);
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task Dropping_the_values_removes_all_their_fields_and_nothing_else(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server, _options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        foreach (var key in new[] { "v", "l", "0", ":", ":x", "a" })
        {
            await browser.DoAsync("/store", new Entry(key, "1"));
        }

        var before = (await Dump.TakeAsync(server, _options.Prefix)).Hashes.Single().Value;
        await browser.DoAsync("/drop");

        var after = (await Dump.TakeAsync(server, _options.Prefix)).Hashes.Single().Value;
        // Each write leaves another version.
        Assert.Equal(HeaderOf(before), HeaderOf(after));
        Assert.Contains(after, entry => entry.Name == "v");
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Commands_show_user_ids_values_and_session_ids_and_no_token_and_no_secret()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var monitor = await RedisMonitor.StartAsync(server);
        await using var node = await Node.StartAsync(server, _options);
        var (tokens, id) = (new List<string>(), "");
        var commands = await monitor.CommandsOfAsync(async () =>
        {
            tokens = await LiveAsync(node);
            var browser = node.NewBrowser();
            await browser.DoAsync("/sign-in", new Entry("user", "somebody-known"));
            await browser.DoAsync("/value?key=diagnosis&value=in-clear");
            id = Guid.Parse(await browser.ReadAsync("/id")).ToString("N");
        });

        foreach (var form in tokens.SelectMany(FormsOf).Select(Escape))
        {
            Assert.DoesNotContain(commands, command => command.Contains(form, StringComparison.OrdinalIgnoreCase));
        }

        // What docs/redis.md says that an operator sees.
        foreach (var shown in (string[])["somebody-known", "diagnosis", "in-clear", id, Escape(SHA256.HashData(SecretOf(tokens[0])))])
        {
            Assert.Contains(commands, command => command.Contains(shown, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task A_sign_out_leaves_no_user_field_and_a_destroy_nothing_but_the_reason(ServerKind kind)
    {
        var server = await servers.GetAsync(kind);
        await using var node = await Node.StartAsync(server, _options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        await browser.DoAsync("/sign-out");
        var anonymous = await Dump.TakeAsync(server, _options.Prefix);
        await browser.DoAsync("/destroy");
        var tombstone = await Dump.TakeAsync(server, _options.Prefix);

        // Once, as the owner of the values.
        Assert.Equal(1, Dump.HeaderOf(Assert.Single(anonymous.Hashes).Value).Count("ann"u8));
        Assert.Equal(["0", "l", "v"], tombstone.FieldsOfOnlyKey());
        // The columns without a user, and a header of eight bytes.
        var left = Dump.HeaderOf(Assert.Single(tombstone.Hashes).Value);
        Assert.Equal(18 + 8, left.Length);
        Assert.Equal(new byte[8], left[10..18]);
    }

    private static IEnumerable<HashEntry> HeaderOf(HashEntry[] fields) => fields
        .Where(entry => entry.Name != "v" && !((string)entry.Name!).StartsWith(':'))
        .OrderBy(entry => (string)entry.Name!, StringComparer.Ordinal);

    /// <summary>Sessions in every state; returns every token that was given out.</summary>
    private static async Task<List<string>> LiveAsync(App node)
    {
        var tokens = new List<string>();
        string[][] lives =
        [
            ["/value?key=a&value=1", "/rotate", "/increment"],
            ["/value?key=a&value=1", "/sign-in", "/sign-in", "/sign-out"],
            ["/sign-in", "/drop", "/take?key=a"],
            ["/sign-in", "/destroy"],
        ];
        foreach (var life in lives)
        {
            var browser = node.NewBrowser();
            foreach (var step in life)
            {
                await browser.DoAsync(step, step == "/sign-in" ? new Entry("user", "ann") : null);
                if (browser.Token is { } token && !tokens.Contains(token))
                {
                    tokens.Add(token);
                }
            }
        }

        return tokens;
    }

    // As MONITOR writes bytes.
    private static string Escape(byte[] bytes) => string.Concat(bytes.Select(static each => each switch
    {
        (byte)'"' or (byte)'\\' => $"\\{(char)each}",
        (byte)'\n' => "\\n",
        (byte)'\r' => "\\r",
        (byte)'\t' => "\\t",
        7 => "\\a",
        8 => "\\b",
        >= 32 and < 127 => $"{(char)each}",
        _ => $"\\x{each:x2}",
    }));

    private static byte[] SecretOf(string token) => Base64Url.DecodeFromChars(token)[16..];

    private static IEnumerable<byte[]> FormsOf(string token)
    {
        var (whole, secret) = (Base64Url.DecodeFromChars(token), SecretOf(token));
        yield return secret;
        yield return new Guid(secret, bigEndian: true).ToByteArray();
        string[] texts =
        [
            token, token[22..],
            .. new[] { whole, secret }.SelectMany(bytes => new[]
            {
                Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), Convert.ToBase64String(bytes).TrimEnd('='),
                Base64Url.EncodeToString(bytes), new Guid(bytes.AsSpan(bytes.Length - 16), bigEndian: true).ToString(),
            }),
        ];
        foreach (var text in texts)
        {
            yield return Encoding.ASCII.GetBytes(text);
        }
    }
}
