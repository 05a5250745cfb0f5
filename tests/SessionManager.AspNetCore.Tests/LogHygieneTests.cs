using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>No log event at any level, no exception and no answer of ours tells a token, a secret, a store key or a stored value.</summary>
public sealed class LogHygieneTests
{
    private const string Value = "Hunter2-the-stored-value";
    private const string Prefix = "Prefix-of-the-store:";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_secret_is_told_whatever_happens(bool kestrel)
    {
        var cache = new FaultCache();
        var told = new List<string>();
        await using var app = await StartAsync(cache, kestrel);
        var browser = app.NewBrowser();
        var tokens = new List<string>();

        foreach (var path in new[] { "/store", "/sign-in/alice", "/store", "/rotate", "/wrong-type", "/too-large", "/sign-out", "/sign-in/bob" })
        {
            await VisitAsync(browser, path, tokens, told);
        }

        foreach (var (operation, fault) in new[]
        {
            (CacheOperation.Get, CacheFault.Fail), (CacheOperation.Set, CacheFault.Fail), (CacheOperation.Set, CacheFault.LoseAcknowledgement),
            (CacheOperation.Get, CacheFault.Hang), (CacheOperation.Set, CacheFault.HangUntilCancelled), (CacheOperation.Get, CacheFault.Corrupt),
        })
        {
            foreach (var path in new[] { "/store", "/late", "/update", "/commit" })
            {
                cache.Plan(operation, fault);
                await VisitAsync(browser, path, tokens, told);
                cache.Heal();
            }
        }

        var other = browser.Clone();
        await VisitAsync(browser, "/rotate", tokens, told);
        await VisitAsync(other, "/store", tokens, told);
        await VisitAsync(browser, "/conflict", tokens, told);
        await VisitAsync(browser, "/sign-in/alice", tokens, told);
        await VisitAsync(browser, "/destroy", tokens, told);
        other.Token = browser.Token;
        await VisitAsync(other, "/store", tokens, told);
        other.Token = tokens[0] + "%00";
        await VisitAsync(other, "/store", tokens, told);

        told.AddRange(app.Logs.Entries.Select(entry => $"{entry.Message} {entry.Exception}"));
        Assert.Contains(told, text => text.Contains("The session store can't be reached", StringComparison.Ordinal));
        Assert.Contains(told, text => text.Contains("The session ended while the request was running", StringComparison.Ordinal));
        Assert.Contains(app.Logs.Ours, entry => entry.EventId == 31 && entry.Message.Contains("The cache is down", StringComparison.Ordinal));
        AssertClean(told, Secrets(cache, tokens));
    }

    [Fact]
    public async Task The_words_of_a_cache_are_kept_without_the_key()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: false);
        var browser = app.NewBrowser();
        await browser.DoAsync("/store");

        cache.Plan(CacheOperation.Get, CacheFault.Fail);
        using var response = await browser.PostAsync("/store");

        var failure = Assert.Single(app.Logs.Ours, entry => entry.EventId == 31);
        Assert.Equal(LogLevel.Error, failure.Level);
        Assert.Contains("IOException: The cache is down (key Prefix-of-the-store:[id]).", failure.Message, StringComparison.Ordinal);
    }

    private static Task<App> StartAsync(FaultCache cache, bool kestrel) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/store", (ISessionManager session) => session.StoreValue("password", Value));
            app.MapPost("/wrong-type", (ISessionManager session) => session.GetValue<int>("password"));
            app.MapPost("/too-large", (ISessionManager session) => session.StoreValue("password", string.Concat(Enumerable.Repeat(Value, 100_000))));
            app.MapPost("/update", async (ISessionManager session) =>
            {
                await session.UpdateValueAsync<string>("password", old => Value + old?.Length, CancellationToken.None);
            });
            app.MapPost("/commit", async (ISessionManager session) =>
            {
                session.StoreValue("password", Value);
                await session.CommitAsync(CancellationToken.None);
            });
            app.MapPost("/late", async (ISessionManager session, HttpContext context) =>
            {
                await context.Response.WriteAsync("started");
                session.StoreValue("password", Value);
            });
            app.MapPost("/conflict", async (ISessionManager session, HttpContext context) =>
            {
                session.StoreValue("password", Value);
                cache.Entries.Clear();
                await session.CommitAsync(CancellationToken.None);
            });
        },
        new AppOptions
        {
            Environment = Environments.Production,
            Cache = cache,
            Kestrel = kestrel,
            Session = options => (options.KeyPrefix, options.IOTimeout) = (Prefix, TimeSpan.FromMilliseconds(50)),
        });

    private static async Task VisitAsync(Browser browser, string path, List<string> tokens, List<string> told)
    {
        try
        {
            using var response = await browser.PostAsync(path);
            told.Add(await response.BodyAsync());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidOperationException or SessionValueException or SessionStoreException or OperationCanceledException)
        {
            told.Add(exception.ToString());
        }

        if (browser.Token is { } token)
        {
            tokens.Add(token);
        }
    }

    private static IEnumerable<string> Secrets(FaultCache cache, List<string> tokens)
    {
        foreach (var token in tokens.Distinct(StringComparer.Ordinal).Where(token => token.Length == 43))
        {
            var bytes = Base64Url.DecodeFromChars(token);
            var (id, secret) = (bytes[..16], bytes[16..]);
            yield return token;
            yield return token[22..];
            yield return Convert.ToHexStringLower(secret);
            yield return Convert.ToBase64String(secret)[..21];
            yield return Convert.ToHexStringLower(SHA256.HashData(secret));
            yield return new Guid(secret, bigEndian: true).ToString();
            yield return Convert.ToHexStringLower(id);
        }

        foreach (var key in cache.Entries.Keys)
        {
            yield return key;
        }

        yield return Value;
    }

    private static void AssertClean(IEnumerable<string> told, IEnumerable<string> secrets)
    {
        var all = string.Join('\n', told);
        Assert.All(secrets, secret => Assert.False(all.Contains(secret, StringComparison.OrdinalIgnoreCase), Around(all, secret)));
    }

    private static string Around(string all, string secret)
    {
        var index = Math.Max(0, all.IndexOf(secret, StringComparison.OrdinalIgnoreCase) - 200);
        return all.Substring(index, Math.Min(400, all.Length - index));
    }
}
