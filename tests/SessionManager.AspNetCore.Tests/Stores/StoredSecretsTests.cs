using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>Who reads the cache finds nothing that opens a session.</summary>
public sealed class StoredSecretsTests
{
    [Fact]
    public async Task No_token_and_no_secret_is_in_a_plain_cache_in_any_encoding()
    {
        var cache = new FaultCache();
        var stored = new List<byte[]>();
        var tokens = new HashSet<string>(StringComparer.Ordinal);
        await using var app = await App.StartAsync(
            app => app.MapSession(),
            new AppOptions { Cache = cache, Session = options => options.TokenRotationInterval = TimeSpan.FromMinutes(1) });
        string[][] lives =
        [
            ["/values/a/1", "/rotate", "/values/b/2"],
            ["/values/a/1", "/sign-in/alice", "/sign-in/alice", "/sign-out", "/sign-in/bob"],
            ["/sign-in/carol", "/destroy"],
        ];
        foreach (var life in lives)
        {
            var browser = app.NewBrowser();
            foreach (var step in life)
            {
                await browser.DoAsync(step);
                Collect(browser);

                // The next token is issued, and is seen.
                app.Clock.Advance(TimeSpan.FromMinutes(1));
                await browser.ReadAsync("/me");
                Collect(browser);
                await browser.ReadAsync("/me");
                Collect(browser);
            }
        }

        await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("bob");
        Collect(app.NewBrowser());

        Assert.True(tokens.Count > 10, $"Only {tokens.Count} tokens were given out.");
        foreach (var form in tokens.SelectMany(FormsOf))
        {
            Assert.DoesNotContain(stored, bytes => bytes.AsSpan().IndexOf(form) >= 0);
        }

        // The search finds what is there: the hash of each secret, while it was in use.
        Assert.All(tokens, token => Assert.Contains(stored, bytes => bytes.AsSpan().IndexOf(SHA256.HashData(SecretOf(token))) >= 0));

        void Collect(Browser browser)
        {
            stored.AddRange(cache.Entries.SelectMany(entry => (byte[][])[Encoding.UTF8.GetBytes(entry.Key), entry.Value.Value]));
            if (browser.Token is { } token)
            {
                tokens.Add(token);
            }
        }
    }

    private static byte[] SecretOf(string token) => Base64Url.DecodeFromChars(token)[16..];

    private static IEnumerable<byte[]> FormsOf(string token)
    {
        var (whole, secret) = (Base64Url.DecodeFromChars(token), SecretOf(token));
        yield return secret;
        yield return new Guid(secret, bigEndian: true).ToByteArray();
        string[] texts =
        [
            token, token[22..], new Guid(secret, bigEndian: true).ToString(),
            .. new[] { whole, secret }.SelectMany(bytes => new[]
            {
                Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes), Convert.ToBase64String(bytes).TrimEnd('='), Base64Url.EncodeToString(bytes),
            }),
        ];
        foreach (var text in texts)
        {
            yield return Encoding.ASCII.GetBytes(text);
            yield return Encoding.Unicode.GetBytes(text);
        }
    }
}
