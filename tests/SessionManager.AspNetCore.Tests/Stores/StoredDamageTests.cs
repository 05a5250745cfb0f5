using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>What a request makes of an entry of the cache in which a bit has changed, and of a whole record whose
/// header is not to be read.</summary>
public sealed class StoredDamageTests
{
    private const int RecordRejected = 14;
    private const int NewerRecord = 15;

    private readonly FaultCache _cache = new();

    [Fact]
    public async Task Whichever_bit_of_a_session_is_flipped_no_request_fails_and_none_shows_what_was_not_stored()
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        var (key, whole) = Assert.Single(_cache.Records);
        var shown = new HashSet<string>(StringComparer.Ordinal);

        for (var position = 0; position < whole.Value.Length; position++)
        {
            var flipped = whole.Value.ToArray();
            flipped[position] ^= (byte)(1 << (position % 8));
            _cache.Entries[key] = (flipped, whole.Options);
            shown.Add(await browser.Clone().ReadAsync("/state"));
        }

        // All of it, nothing of it, or all but the value.
        Assert.Subset(new HashSet<string>(StringComparer.Ordinal) { "alice:before", ":", "alice:" }, shown);
        Assert.Contains(":", shown);
        Assert.Contains("alice:", shown);
    }

    [Fact]
    public async Task A_session_cut_at_any_byte_is_no_session_and_no_request_fails()
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        var (key, whole) = Assert.Single(_cache.Records);

        for (var length = 0; length < whole.Value.Length; length++)
        {
            _cache.Entries[key] = (whole.Value[..length], whole.Options);
            Assert.Equal(":", await browser.Clone().ReadAsync("/state"));
        }
    }

    [Fact]
    public async Task A_session_whose_header_is_damaged_is_none_and_the_next_write_begins_another()
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;
        await RewriteAsync(app, header => header[..^1]);

        Assert.Equal((":", 1), (await browser.ReadAsync("/state"), app.Logs.CountOf(RecordRejected)));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=again"));

        Assert.NotEqual(token, browser.Token);
        Assert.Equal(":again", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("/store?value=after")]
    [InlineData("/sign-in?user=alice")]
    [InlineData("/rotate")]
    public async Task A_session_whose_header_is_of_a_newer_version_is_none_and_is_left_alone_byte_for_byte(string path)
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        await RewriteAsync(app, header => [(byte)(header[0] + 1), .. header[1..]]);
        var (key, before) = Assert.Single(_cache.Records);

        Assert.Equal((":", 1), (await browser.ReadAsync("/state"), app.Logs.CountOf(NewerRecord)));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, path));

        Assert.Equal(before.Value, _cache.Entries[key].Value);
    }

    [Theory]
    [InlineData("/store?value=after", HttpStatusCode.Conflict)]
    [InlineData("/update", HttpStatusCode.Conflict)]
    [InlineData("/sign-out", HttpStatusCode.OK)]
    [InlineData("/destroy", HttpStatusCode.OK)]
    public async Task A_header_that_is_damaged_or_newer_at_the_commit_never_ends_in_a_500(
        string path, HttpStatusCode status)
    {
        foreach (var newer in (bool[])[false, true])
        {
            _cache.Entries.Clear();
            await using var app = await StartAsync();
            var browser = await FaultEndpoints.SignedInAsync(app);
            var loaded = _cache.Hold(CacheOperation.Get, after: true);
            var running = FaultEndpoints.StatusAsync(browser, path);
            await loaded.Reached;
            await RewriteAsync(app, header => newer ? [(byte)(header[0] + 1), .. header[1..]] : header[..^1]);
            loaded.Open();

            Assert.Equal(status, await running);
            Assert.Equal(":", await browser.ReadAsync("/state"));
        }
    }

    private Task<App> StartAsync() => App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = _cache });

    private async Task RewriteAsync(App app, Func<byte[], byte[]> change)
    {
        var store = app.Services.GetRequiredService<ISessionRecordStore>();
        var id = Guid.ParseExact(Assert.Single(_cache.Records).Key[^32..], "N");
        var stored = (await store.LoadAsync(id, TestContext.Current.CancellationToken))!;
        var lifetime = app.Services.GetRequiredService<SessionLifetime>();
        var now = app.Clock.GetUtcNow();
        var written = await store.WriteAsync(
            new SessionWrite
            {
                Id = id,
                ExpectedVersion = stored.Version,
                NewVersion = stored.Version + 1,
                Header = change(stored.Header.ToArray()),
                LastSeenAt = stored.LastSeenAt,
                UserId = SessionUsers.IndexOf(HeaderCodec.Decode(stored).Record!),
                StartedAt = stored.StartedAt,
                Now = now,
                KeepUntil = now + lifetime.RecordTimeToLive,
                IndexUntil = now + lifetime.UserTimeToLive,
            },
            TestContext.Current.CancellationToken);
        Assert.True(written.IsSwapped);
    }
}
