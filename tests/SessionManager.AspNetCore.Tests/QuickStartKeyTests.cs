using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The sample's keys, over a real socket: the in-memory server does not tell an escaped slash from a literal one.</summary>
public sealed class QuickStartKeyTests(QuickStartKeyTests.Server server) : IClassFixture<QuickStartKeyTests.Server>
{
    private readonly QuickStartClient _client = new(server.CreateClient());

    [Theory]
    [InlineData("user_id")]
    [InlineData("emoji \U0001F36A")]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("a//b/")]
    [InlineData("100%")]
    [InlineData("two words")]
    [InlineData(" padded ")]
    [InlineData("a+b")]
    [InlineData(":")]
    [InlineData("*")]
    [InlineData("{}")]
    [InlineData("{key}")]
    [InlineData("'single' \"double\"")]
    [InlineData("a?b=c&d#e")]
    [InlineData("a;b,c")]
    [InlineData("back\\slash")]
    [InlineData("<script>")]
    [InlineData("line\r\nbreak")]
    [InlineData("ключ")]
    [InlineData("values")]
    public async Task Any_key_names_exactly_one_value(string key)
    {
        Assert.Equal(204, (await _client.PutAsync(key, "\"mine\"")).Status);

        Assert.Equal("\"mine\"", (await _client.GetAsync(key)).Body);
        Assert.Equal([key], await KeysAsync());

        Assert.Equal("""{"removed":true}""", (await _client.RemoveAsync(key)).Body);
        Assert.Empty(await KeysAsync());
    }

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a b", "a+b")]
    [InlineData("key", "KEY")]
    [InlineData("é", "e\u0301")]
    [InlineData("a", "a/")]
    public async Task Look_alike_keys_are_different_keys(string one, string other)
    {
        await _client.PutAsync(one, "1");
        await _client.PutAsync(other, "2");

        Assert.Equal("1", (await _client.GetAsync(one)).Body);
        Assert.Equal("2", (await _client.GetAsync(other)).Body);
    }

    [Fact]
    public async Task An_unescaped_slash_is_part_of_the_key_too()
    {
        Assert.Equal(204, (await _client.SendAsync(HttpMethod.Put, "/values/a/b", "1")).Status);

        Assert.Equal("1", (await _client.GetAsync("a/b")).Body);
        Assert.Equal(["a/b"], await KeysAsync());
    }

    private async Task<string[]> KeysAsync() => JsonSerializer.Deserialize<string[]>(await _client.KeysAsync())!;

    public sealed class Server : WebApplicationFactory<Program>
    {
        // Not UseKestrel(0): that sets the address while the sample may be starting already.
        public Server() => UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
    }
}
