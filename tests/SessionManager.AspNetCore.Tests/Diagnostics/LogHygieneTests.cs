using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

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
    public async Task No_trace_tag_and_no_metric_label_tells_a_secret()
    {
        var told = new ConcurrentQueue<string>();
        using var traces = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => told.Enqueue(
                $"trace {activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Baggage)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}"),
        };
        ActivitySource.AddActivityListener(traces);
        using var metrics = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        metrics.SetMeasurementEventCallback<long>((instrument, _, tags, _) => told.Enqueue($"metric {instrument.Name} {string.Join(' ', tags.ToArray())}"));
        metrics.SetMeasurementEventCallback<double>((instrument, _, tags, _) => told.Enqueue($"metric {instrument.Name} {string.Join(' ', tags.ToArray())}"));
        metrics.SetMeasurementEventCallback<int>((instrument, _, tags, _) => told.Enqueue($"metric {instrument.Name} {string.Join(' ', tags.ToArray())}"));
        metrics.Start();
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: true);
        var browser = app.NewBrowser();
        var tokens = new List<string>();

        foreach (var path in new[] { "/store", "/sign-in/alice", "/store", "/rotate", "/wrong-type", "/too-large", "/sign-out", "/sign-in/bob", "/conflict", "/store", "/destroy" })
        {
            await VisitAsync(browser, path, tokens, []);
        }

        foreach (var operation in (CacheOperation[])[CacheOperation.Get, CacheOperation.Set])
        {
            await VisitAsync(browser, "/store", tokens, []);
            cache.Plan(operation, CacheFault.Fail);
            await VisitAsync(browser, "/store", tokens, []);
            cache.Heal();
        }

        Assert.Contains(told, text => text.StartsWith("trace ", StringComparison.Ordinal));
        Assert.Contains(told, text => text.StartsWith("metric http.server.request.duration", StringComparison.Ordinal));
        AssertClean(told, Secrets(cache, tokens));
    }

    [Fact]
    public void No_type_that_holds_a_secret_or_a_value_shows_it_as_text()
    {
        var (secret, hash) = (RandomNumberGenerator.GetBytes(16), RandomNumberGenerator.GetBytes(32));
        var value = SessionValue.Of(SessionValueKind.Text, Encoding.UTF8.GetBytes(Value));
        var token = SessionToken.NewFor(SessionToken.NewId());
        var commit = new SessionCommit
        {
            Id = token.Id,
            Now = DateTimeOffset.UnixEpoch,
            Secret = new SessionSecretChange(hash, hash, true) { ExpectedNextHash = hash },
            Identity = new SessionIdentity("ann", "ann", null, null, true) { Principal = Encoding.UTF8.GetBytes(Value) },
            Values = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal) { ["password"] = value.Stored },
            ExpectedValue = value,
        };
        var record = CommitRules.Create(commit, Guid.Empty);
        object[] all =
        [
            token, value, commit, commit.Secret, commit.Identity, record, record.Values, record.Values["password"], new TokenUse(hash, default),
            new SessionLookup(SessionLookupStatus.Found, record), new SessionCommitResult(SessionCommitOutcome.Conflict, record),
            new LoadedSession(LoadState.Loaded, token, record, Lost: record),
        ];
        var tokenText = token.Encode();

        foreach (var text in all.Select(item => item.ToString()!))
        {
            foreach (var hidden in (string[])
            [
                Value, tokenText, tokenText[22..],
                .. new[] { Base64Url.DecodeFromChars(tokenText)[16..], secret, hash, Encoding.UTF8.GetBytes(Value) }
                    .SelectMany(bytes => new[] { Convert.ToHexString(bytes), Convert.ToBase64String(bytes), string.Join(", ", bytes) }),
            ])
            {
                Assert.DoesNotContain(hidden, text, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Theory]
    [InlineData("/store", nameof(CacheOperation.Get), 503)]
    [InlineData("/store", nameof(CacheOperation.Set), 503)]
    [InlineData("/sign-in/bob", nameof(CacheOperation.Set), 503)]
    [InlineData("/destroy", nameof(CacheOperation.Set), 503)]
    [InlineData("/conflict", null, 409)]
    public async Task An_answer_to_a_fault_says_nothing_of_the_inside(string path, string? fault, int status)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        if (fault is not null)
        {
            cache.Plan(Enum.Parse<CacheOperation>(fault), CacheFault.Fail);
        }

        using var response = await browser.PostAsync(path);

        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        using var problem = JsonDocument.Parse(await response.BodyAsync());
        Assert.Subset(
            new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "detail", "traceId" },
            problem.RootElement.EnumerateObject().Select(property => property.Name).ToHashSet(StringComparer.Ordinal));
        var said = $"{response.Headers} {problem.RootElement}";
        Assert.All(
            (string[])["Exception", "   at ", ".cs", "FaultCache", "cache is down", "alice", Prefix, Guid.Parse(Assert.Single(IdsOf(app))).ToString("N"), "IOTimeout"],
            hidden => Assert.DoesNotContain(hidden, said, StringComparison.OrdinalIgnoreCase));
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

    /// <summary>The public ids of the sessions that were begun.</summary>
    private static IEnumerable<string> IdsOf(App app) =>
        app.Logs.Ours.Where(entry => entry.EventId == 20).Select(entry => entry.Message.Split(' ')[1]);

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
