using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests;

/// <summary>A token that is not the provider's logout token ends nothing, is answered with 400, and is one event in the
/// log.</summary>
public sealed class ForgedTokenTests
{
    private static readonly SigningKey Stranger = new("stranger", "RS256");

    private static readonly Dictionary<string, Func<OpenIdProvider, DateTimeOffset, string>> Forgeries = new(StringComparer.Ordinal)
    {
        ["signature of another key under the same id"] = (op, now) => Token(op, now, key: new SigningKey("rsa", "RS256")),
        ["unknown key"] = (op, now) => Token(op, now, key: Stranger),
        ["unknown key without an id"] = (op, now) => Token(op, now, header: static it => it.Remove("kid"), key: Stranger),
        ["changed claims"] = (op, now) => Change(Token(op, now, sid: "s9")),
        ["no signature"] = (op, now) => Token(op, now)[..Token(op, now).LastIndexOf('.')] + ".",
        ["two parts"] = (op, now) => Token(op, now)[..Token(op, now).LastIndexOf('.')],
        ["alg none"] = (op, now) => Token(op, now, header: static it => it["alg"] = "none", sign: static _ => []),
        ["alg None"] = (op, now) => Token(op, now, header: static it => it["alg"] = "None", sign: static _ => []),
        ["no alg"] = (op, now) => Token(op, now, header: static it => it.Remove("alg")),
        ["HS256 by the public key"] = (op, now) => Token(
            op, now, header: static it => it["alg"] = "HS256", sign: data => HMACSHA256.HashData(op.Keys[0].PublicBytes, data)),
        ["HS256 by the client secret"] = (op, now) => Token(
            op, now, header: static it => it["alg"] = "HS256", sign: static data => HMACSHA256.HashData(Encoding.UTF8.GetBytes(OpenIdProvider.ClientSecret), data)),
        ["ES256 said of an RSA key"] = (op, now) => Token(op, now, header: static it => it["alg"] = "ES256"),
        ["critical header"] = (op, now) => Token(op, now, header: static it => it["crit"] = (string[])["x"]),
        ["access token"] = (op, now) => Token(op, now, header: static it => it["typ"] = "at+jwt"),
        ["another client"] = (op, now) => Token(op, now, static it => it["aud"] = "other"),
        ["no client"] = (op, now) => Token(op, now, static it => it.Remove("aud")),
        ["a client that is no text"] = (op, now) => Token(op, now, static it => it["aud"] = (int[])[1]),
        ["another issuer"] = (op, now) => Token(op, now, static it => it["iss"] = "https://other.example"),
        ["no issuer"] = (op, now) => Token(op, now, static it => it.Remove("iss")),
        ["expired"] = (op, now) => Token(op, now, it => it["exp"] = now.ToUnixTimeSeconds() - 61),
        ["no expiry"] = (op, now) => Token(op, now, static it => it.Remove("exp")),
        ["issued in the future"] = (op, now) => Token(op, now, it => it["iat"] = now.ToUnixTimeSeconds() + 61),
        ["issued long ago"] = (op, now) => Token(op, now, it => it["iat"] = now.ToUnixTimeSeconds() - 361),
        ["no time of issue"] = (op, now) => Token(op, now, static it => it.Remove("iat")),
        ["time of issue as text"] = (op, now) => Token(op, now, it => it["iat"] = $"{now.ToUnixTimeSeconds()}"),
        ["no events"] = (op, now) => Token(op, now, static it => it.Remove("events")),
        ["other events"] = (op, now) => Token(op, now, static it => it["events"] = new Dictionary<string, object>(StringComparer.Ordinal) { ["urn:other"] = new() }),
        ["events as text"] = (op, now) => Token(op, now, static it => it["events"] = "http://schemas.openid.net/event/backchannel-logout"),
        ["an event that is no object"] = (op, now) => Token(
            op, now, static it => it["events"] = new Dictionary<string, object>(StringComparer.Ordinal) { ["http://schemas.openid.net/event/backchannel-logout"] = true }),
        ["a nonce"] = (op, now) => Token(op, now, static it => it["nonce"] = "n"),
        ["a nonce that is null"] = (op, now) => Token(op, now, static it => it["nonce"] = null),
        ["neither sid nor sub"] = (op, now) => op.LogoutToken(now),
        ["empty sid"] = (op, now) => op.LogoutToken(now, sid: "", sub: "u1"),
        ["sid as a number"] = (op, now) => Token(op, now, static it => it["sid"] = 1),
        ["no jti"] = (op, now) => Token(op, now, static it => it.Remove("jti")),
        ["an ID token"] = static (op, _) => op.IdToken(),
        ["malformed"] = static (_, _) => "a.b.c",
        ["no JSON"] = static (_, _) => $"{Part("nothing")}.{Part("{}")}.{Part("x")}",
        ["no object"] = static (_, _) => $"{Part("[]")}.{Part("[]")}.{Part("x")}",
        ["a claim twice"] = (op, now) => op.Keys[0].Sign(
            new { alg = "RS256", kid = "rsa" }, Claims(Token(op, now)).Replace("{\"iss\"", "{\"sid\":\"s9\",\"iss\"", StringComparison.Ordinal)),
        ["encrypted"] = static (_, _) => "a.b.c.d.e",
        ["deep"] = (op, now) => Token(op, now, static it => it["x"] = JsonSerializer.Deserialize<JsonElement>(new string('[', 40) + new string(']', 40))),
        ["empty"] = static (_, _) => "",
    };

    public static TheoryData<string> Names => [.. Forgeries.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_forged_token_is_400_and_one_event_and_ends_nothing(string forgery)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider, "u1", "s1");
        var token = Forgeries[forgery](provider, shop.Now);

        using var answer = await shop.LogoutAsync(token);

        await AssertRefusedAsync(shop, answer, token);
        Assert.Equal("u1", await customer.ReadAsync("/me"));
        Assert.Equal("none", await customer.ReadAsync("/end"));
    }

    [Fact]
    public async Task All_forged_tokens_together_cost_one_fetch_of_the_keys_a_minute()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider, "u1", "s1");
        var before = provider.KeyFetches;

        foreach (var minute in (int[])[1, 2])
        {
            var answers = await Task.WhenAll(Forgeries.Values.Select(forge => shop.LogoutAsync(forge(provider, shop.Now))));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode));
            await WaitAsync();
            Assert.InRange(provider.KeyFetches, before, before + minute);
            shop.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2 * Forgeries.Count, shop.Log.Count(entry => entry.EventId == 501));
        Assert.Equal("u1", await customer.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_token_before_anybody_has_signed_in_fetches_the_keys_once()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);

        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.LogoutAsync(Token(provider, shop.Now, key: Stranger)))))
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        await WaitAsync();
        Assert.Equal(1, provider.KeyFetches);
    }

    [Fact]
    public async Task A_new_key_of_the_provider_may_cost_its_first_token_a_400()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider);
        provider.Keys.Insert(0, new SigningKey("new", "RS256"));

        using var first = await shop.LogoutAsync(Token(provider, shop.Now));
        Assert.Equal(HttpStatusCode.BadRequest, first.StatusCode);
        await WaitAsync(() => provider.KeyFetches > 1);

        using var again = await shop.LogoutAsync(Token(provider, shop.Now));
        Assert.Equal((HttpStatusCode.OK, "Revoked"), (again.StatusCode, await customer.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_token_is_used_once_however_many_requests_bring_it_and_not_after_its_time()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var token = Token(provider, shop.Now);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.LogoutAsync(token)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.BadRequest));
        Assert.Equal(19, shop.Log.Count(entry => entry.EventId == 501 && entry.Message.EndsWith("used before (jti).", StringComparison.Ordinal)));

        var customer = await shop.SignInAsync(provider, "u1", "s1");
        foreach (var seconds in (int[])[60, 119, 10])
        {
            shop.Clock.Advance(TimeSpan.FromSeconds(seconds));
            using var late = await shop.LogoutAsync(token);
            Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
        }

        Assert.Equal("u1", await customer.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_used_token_is_remembered_for_as_long_as_it_would_be_accepted()
    {
        using var provider = new OpenIdProvider();
        var cache = new FaultCache();
        await using var shop = await Shop.StartAsync(provider, cache: cache);

        using var first = await shop.LogoutAsync(Token(provider, shop.Now));
        using var second = await shop.LogoutAsync(Token(provider, shop.Now, it => it["exp"] = shop.Now.AddYears(9).ToUnixTimeSeconds()));

        var used = cache.Entries.Where(entry => entry.Key.Contains("logout-token:", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            [181, 361], used.Select(entry => (int)entry.Value.Options.AbsoluteExpirationRelativeToNow!.Value.TotalSeconds).Order());
    }

    [Theory]
    [InlineData("two tokens")]
    [InlineData("no token")]
    [InlineData("large token")]
    [InlineData("large body")]
    [InlineData("large body in pieces")]
    [InlineData("many fields")]
    [InlineData("JSON")]
    [InlineData("multipart")]
    [InlineData("no body")]
    [InlineData("in the query")]
    public async Task A_request_that_is_no_logout_request_is_400_and_one_event(string kind)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider, "u1", "s1");
        var token = Token(provider, shop.Now);
        using var content = ContentOf(kind, token);

        using var answer = await shop.Client.PostAsync(
            kind == "in the query" ? $"{Shop.LogoutPath}?logout_token={token}" : Shop.LogoutPath, content);

        await AssertRefusedAsync(shop, answer, token);
        Assert.Equal("u1", await customer.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task Another_method_is_405(string method)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider, "u1", "s1");
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{Shop.LogoutPath}?logout_token={Token(provider, shop.Now)}");

        using var answer = await shop.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.MethodNotAllowed, "POST"), (answer.StatusCode, answer.Content.Headers.Allow.Single()));
        Assert.Equal("u1", await customer.ReadAsync("/me"));
    }

    private static HttpContent? ContentOf(string kind, string token) => kind switch
    {
        "two tokens" => new FormUrlEncodedContent([new("logout_token", token), new("logout_token", token)]),
        "no token" => new FormUrlEncodedContent([new("token", token)]),
        "large token" => new FormUrlEncodedContent([new("logout_token", token + new string('x', 40_000))]),
        "large body" => new FormUrlEncodedContent([new("logout_token", token), new("x", new string('x', 70_000))]),
        "large body in pieces" => new StreamContent(new Pieces($"logout_token={token}&x={new string('x', 2_000_000)}"))
        {
            Headers = { ContentType = new("application/x-www-form-urlencoded") },
        },
        "many fields" => new FormUrlEncodedContent([new("logout_token", token), .. Enumerable.Range(0, 20).Select(i => new KeyValuePair<string, string>($"x{i}", ""))]),
        "JSON" => new StringContent(JsonSerializer.Serialize(new { logout_token = token }), Encoding.UTF8, "application/json"),
        "multipart" => new MultipartFormDataContent { { new StringContent(token), "logout_token" } },
        "in the query" => new FormUrlEncodedContent([]),
        _ => null,
    };

    private static async Task AssertRefusedAsync(Shop shop, HttpResponseMessage answer, string token)
    {
        Assert.Equal((HttpStatusCode.BadRequest, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var body = await answer.BodyAsync();
        using var json = JsonDocument.Parse(body);
        Assert.Equal("invalid_request", json.RootElement.GetProperty("error").GetString());
        Assert.NotEmpty(json.RootElement.GetProperty("error_description").GetString()!);
        var entry = Assert.Single(shop.Log);
        Assert.Equal(501, entry.EventId);
        foreach (var told in (string[])[entry.Message, body])
        {
            Assert.DoesNotContain("s1", told, StringComparison.Ordinal);
            Assert.All(token.Split('.').Where(part => part.Length > 5), part => Assert.DoesNotContain(part, told, StringComparison.Ordinal));
        }

        // What is refused is no failure of the application either.
        Assert.DoesNotContain(shop.AllLogs, other => other.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    // The manager of the keys fetches behind the request.
    private static async Task WaitAsync(Func<bool>? until = null)
    {
        for (var i = 0; i < 100 && until?.Invoke() != true; i++)
        {
            await Task.Delay(until is null ? 3 : 20);
        }

        await Task.Delay(50);
    }

    private static string Token(
        OpenIdProvider op,
        DateTimeOffset now,
        Action<Dictionary<string, object?>>? change = null,
        Action<Dictionary<string, object?>>? header = null,
        SigningKey? key = null,
        Func<byte[], byte[]>? sign = null,
        string sid = "s1") => op.LogoutToken(now, sid, "u1", change, header, key, sign);

    // The claims of another session under the signature of this one.
    private static string Change(string token)
    {
        var parts = token.Split('.');
        return $"{parts[0]}.{Part(Claims(token).Replace("s9", "s1", StringComparison.Ordinal))}.{parts[2]}";
    }

    private static string Claims(string token) =>
        Encoding.UTF8.GetString(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.DecodeBytes(token.Split('.')[1]));

    private static string Part(string json) => Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Encode(json);
}
