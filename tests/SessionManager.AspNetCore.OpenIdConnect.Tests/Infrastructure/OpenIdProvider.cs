using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.Tokens;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

/// <summary>A small OpenID provider: its metadata, keys, authorization endpoint (code with PKCE, form_post and query) and
/// token endpoint (authorization_code and refresh_token). The user is signed in there already.</summary>
internal sealed class OpenIdProvider(string issuer = OpenIdProvider.DefaultIssuer) : HttpMessageHandler
{
    public const string DefaultIssuer = "https://op.example";
    public const string ClientId = "shop";
    public const string ClientSecret = "the secret of the shop, which is long enough";
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly SigningKey[] FirstKeys = [new("rsa", "RS256"), new("ec", "ES256"), new("pss", "PS256")];

    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> _codes = new(StringComparer.Ordinal);
    private int _keyFetches;
    private int _issued;

    public string Issuer => issuer;

    /// <summary>The keys that the provider publishes. It signs with the first.</summary>
    public List<SigningKey> Keys { get; } = [.. FirstKeys];

    public string User { get; set; } = "u1";

    public string? Session { get; set; } = "s1";

    /// <summary>How long the access tokens are.</summary>
    public int TokenLength { get; set; } = 100;

    public bool IsDown { get; set; }

    /// <summary>How often the keys were fetched, or would have been if the provider were not down.</summary>
    public int KeyFetches => _keyFetches;

    /// <summary>Answers a browser that the application has sent to sign in.</summary>
    /// <returns>Where the provider sends the browser, and with which fields.</returns>
    public (Uri Target, IReadOnlyDictionary<string, string> Fields, bool IsForm) Authorize(Uri request)
    {
        var query = QueryHelpers.ParseQuery(request.Query).ToDictionary(it => it.Key, it => it.Value.ToString(), StringComparer.Ordinal);
        Assert.Equal((ClientId, "code", "S256"), (query["client_id"], query["response_type"], query["code_challenge_method"]));
        var code = $"code-{Guid.NewGuid():N}";
        _codes[code] = query;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal) { ["code"] = code, ["state"] = query["state"], ["iss"] = issuer };
        return (new Uri(query["redirect_uri"]), fields, query.GetValueOrDefault("response_mode") == "form_post");
    }

    /// <summary>Makes a logout token.</summary>
    /// <param name="now">The time of issue.</param>
    /// <param name="sid">The session that has ended.</param>
    /// <param name="sub">The user who has signed out.</param>
    /// <param name="change">Changes the claims.</param>
    /// <param name="header">Changes the header.</param>
    /// <param name="key">The key; by default the first one.</param>
    /// <param name="sign">Signs otherwise.</param>
    public string LogoutToken(
        DateTimeOffset now,
        string? sid = null,
        string? sub = null,
        Action<Dictionary<string, object?>>? change = null,
        Action<Dictionary<string, object?>>? header = null,
        SigningKey? key = null,
        Func<byte[], byte[]>? sign = null)
    {
        key ??= Keys[0];
        var claims = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = issuer,
            ["aud"] = ClientId,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.ToUnixTimeSeconds() + 120,
            ["jti"] = Guid.NewGuid().ToString("N"),
            ["events"] = new Dictionary<string, object?>(StringComparer.Ordinal) { [LogoutEvent] = new Dictionary<string, object?>(StringComparer.Ordinal) },
        };
        Add(claims, "sid", sid);
        Add(claims, "sub", sub);
        change?.Invoke(claims);
        var head = new Dictionary<string, object?>(StringComparer.Ordinal) { ["alg"] = key.Algorithm, ["kid"] = key.Id, ["typ"] = "logout+jwt" };
        header?.Invoke(head);
        return sign is null ? key.Sign(head, claims) : SigningKey.Sign(head, claims, sign);
    }

    public string IdToken(string? nonce = null)
    {
        // The handler of OpenID Connect validates ID tokens by the machine's clock.
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = issuer,
            ["aud"] = ClientId,
            ["sub"] = User,
            ["iat"] = now,
            ["exp"] = now + 300,
        };
        Add(claims, "nonce", nonce);
        Add(claims, "sid", Session);
        return Keys[0].Sign(new { alg = Keys[0].Algorithm, kid = Keys[0].Id, typ = "JWT" }, claims);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var path = request.RequestUri!.AbsolutePath;
        if (path == "/jwks" || (IsDown && path == "/.well-known/openid-configuration"))
        {
            Interlocked.Increment(ref _keyFetches);
        }

        if (IsDown)
        {
            throw new HttpRequestException("The provider is down.");
        }

        return path switch
        {
            "/.well-known/openid-configuration" => Json(new
            {
                issuer,
                authorization_endpoint = $"{issuer}/authorize",
                token_endpoint = $"{issuer}/token",
                jwks_uri = $"{issuer}/jwks",
                backchannel_logout_supported = true,
                backchannel_logout_session_supported = true,
            }),
            "/jwks" => Json(new { keys = Keys.Select(key => key.PublicKey) }),
            "/token" => Token(await request.Content!.ReadAsStringAsync(cancellationToken)),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound),
        };
    }

    private HttpResponseMessage Token(string body)
    {
        var form = QueryHelpers.ParseQuery(body).ToDictionary(it => it.Key, it => it.Value.ToString(), StringComparer.Ordinal);
        Assert.Equal((ClientId, ClientSecret), (form["client_id"], form["client_secret"]));
        string? nonce = null;
        if (form["grant_type"] == "authorization_code")
        {
            Assert.True(_codes.TryRemove(form["code"], out var asked), "The code is used once.");
            Assert.Equal(asked["redirect_uri"], form["redirect_uri"]);
            Assert.Equal(asked["code_challenge"], Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"]))));
            nonce = asked["nonce"];
        }
        else
        {
            Assert.Equal("refresh_token", form["grant_type"]);
            Assert.StartsWith("refresh-", form["refresh_token"], StringComparison.Ordinal);
        }

        var number = Interlocked.Increment(ref _issued);
        return Json(new
        {
            token_type = "Bearer",
            expires_in = 300,
            id_token = IdToken(nonce),
            access_token = $"access-{number}-{new string('x', TokenLength)}",
            refresh_token = $"refresh-{number}",
        });
    }

    private static HttpResponseMessage Json(object content) =>
        new(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(content), Encoding.UTF8, "application/json") };

    private static void Add(Dictionary<string, object?> claims, string name, string? value)
    {
        if (value is not null)
        {
            claims[name] = value;
        }
    }
}
