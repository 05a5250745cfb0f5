using System.Globalization;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What fits is stored and one byte or key more is refused, however it is stored; the rest of the request is saved.</summary>
public sealed class LimitTests
{
    private const int MaxValueBytes = 1000;
    private const int MaxSessionBytes = 2500;
    private const int MaxKeys = 5;

    /// <summary>The ways to store a number of bytes under a key.</summary>
    public enum Writer
    {
        ManagerText,
        ManagerBytes,
        ManagerJson,
        SessionText,
        SessionBytes,
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_value_of_the_limit_is_stored_and_one_byte_more_is_refused(Writer writer)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "full", MaxValueBytes));
        await AssertRefusedAsync(app, browser, writer, "over", MaxValueBytes + 1, MaxValueBytes);
        await AssertRefusedAsync(app, browser, writer, "full", MaxValueBytes + 1, MaxValueBytes);

        Assert.Equal(MaxValueBytes, await app.RunAsync(browser, (_, session) => session.Get("full")!.Length));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_session_of_the_limit_is_stored_and_one_byte_more_is_refused(Writer writer)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (manager, session) =>
        {
            Write(writer, manager, session, "a", 999);
            Write(writer, manager, session, "b", 999);
        });

        await AssertRefusedAsync(app, browser, writer, "cc", 499, MaxSessionBytes);
        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "cc", 498));
        await AssertRefusedAsync(app, browser, writer, "d", MinimumOf(writer), MaxSessionBytes);
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Replacing_and_removing_make_room_in_a_full_session(Writer writer)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (manager, session) =>
        {
            Write(writer, manager, session, "a", 1000);
            Write(writer, manager, session, "b", 1000);
            Write(writer, manager, session, "c", 497);
        });

        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "c", 497));
        await AssertRefusedAsync(app, browser, writer, "c", 498, MaxSessionBytes);

        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "b", 400));
        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "c", 1000));
        await AssertRefusedAsync(app, browser, writer, "d", 97, MaxSessionBytes);

        await app.RunAsync(browser, manager => manager.RemoveValue("b"));
        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "d", 497));
        await AssertRefusedAsync(app, browser, writer, "d", 498, MaxSessionBytes);
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task As_many_keys_as_the_limit_are_stored_and_one_more_is_refused(Writer writer)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (manager, session) =>
        {
            for (var i = 0; i < MaxKeys; i++)
            {
                Write(writer, manager, session, $"key {i}", 10);
            }
        });

        await AssertRefusedAsync(app, browser, writer, "one more", 10, MaxKeys);
        await app.RunAsync(browser, (manager, session) => Write(writer, manager, session, "key 0", 11));

        await app.RunAsync(browser, (manager, session) =>
        {
            session.Remove("key 1");
            Write(writer, manager, session, "another", 10);
        });
        await AssertRefusedAsync(app, browser, writer, "one more", 10, MaxKeys);
    }

    [Fact]
    public async Task Clearing_and_signing_in_as_somebody_else_make_room()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (manager, session) =>
        {
            manager.SetUserId("ann");
            Fill(manager, session);
            session.Clear();
            Fill(manager, session);
        });

        await app.RunAsync(browser, (manager, session) =>
        {
            manager.SetUserId("bob");
            Fill(manager, session);
        });
        await AssertRefusedAsync(app, browser, Writer.ManagerText, "d", 1, MaxSessionBytes);
    }

    [Fact]
    public async Task What_was_committed_within_the_request_counts()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await app.RunAsync(browser, async (manager, session) =>
        {
            Fill(manager, session);
            await manager.CommitAsync(TestContext.Current.CancellationToken);
            Assert.Throws<SessionValueException>(() => manager.StoreValue("d", ""));
            manager.RemoveValue("c");
            await manager.CommitAsync(TestContext.Current.CancellationToken);
            return manager.StoreValue("d", new string('x', 497));
        });

        await AssertRefusedAsync(app, browser, Writer.ManagerText, "d", 498, MaxSessionBytes);
    }

    [Fact]
    public async Task An_update_obeys_the_limits_and_changes_nothing_beyond_them()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (manager, session) => Fill(manager, session));

        await app.RunAsync(browser, async (manager, _) =>
        {
            await AssertUpdateRefusedAsync(manager, "a", MaxValueBytes + 1);
            await AssertUpdateRefusedAsync(manager, "c", 498);
            await AssertUpdateRefusedAsync(manager, "d", 0);
            return await manager.UpdateValueAsync<string>("c", text => text![1..], TestContext.Current.CancellationToken);
        });

        Assert.Equal(["a", "b", "c"], await app.RunAsync(browser, manager => manager.Keys.Order(StringComparer.Ordinal).ToArray()));
        Assert.Equal(496, await app.RunAsync(browser, manager => manager.GetValue<string>("c")!.Length));
    }

    [Fact]
    public async Task The_defaults_refuse_a_10_MB_value_and_take_256_keys_and_1_MB()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await AssertRefusedAsync(app, browser, Writer.ManagerBytes, "large", 10 * 1024 * 1024, 256 * 1024);

        await app.RunAsync(browser, (manager, session) =>
        {
            for (var i = 0; i < 255; i++)
            {
                manager.StoreValue($"{i:D3}", new byte[4096 - 3]);
            }

            Assert.Throws<SessionValueException>(() => Write(Writer.ManagerBytes, manager, session, "255", 4096 - 2));
            Write(Writer.ManagerBytes, manager, session, "255", 4096 - 3);
        });
        await AssertRefusedAsync(app, browser, Writer.ManagerBytes, "257", 0, 256);
    }

    [Fact]
    public async Task Ten_thousand_keys_are_stored_where_the_limit_allows_them()
    {
        await using var app = await SessionApp.StartAsync(options => options.MaxKeys = 10_000);
        var browser = app.NewBrowser();

        await app.RunAsync(browser, manager =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                manager.StoreValue(i.ToString(CultureInfo.InvariantCulture), i);
            }
        });

        await AssertRefusedAsync(app, browser, Writer.SessionText, "10000", 1, 10_000);
        Assert.Equal(
            Enumerable.Range(0, 10_000),
            await app.RunAsync(browser, manager => manager.Keys.Select(key => manager.GetValue<int>(key)).Order().ToArray()));
    }

    public static TheoryData<Writer> Writers() => new(Enum.GetValues<Writer>());

    private static Task<SessionApp> StartAsync() => SessionApp.StartAsync(options =>
        (options.MaxValueBytes, options.MaxSessionBytes, options.MaxKeys) = (MaxValueBytes, MaxSessionBytes, MaxKeys));

    private static void Fill(ISessionManager manager, ISession session)
    {
        Write(Writer.ManagerText, manager, session, "a", 1000);
        Write(Writer.SessionBytes, manager, session, "b", 1000);
        Write(Writer.ManagerText, manager, session, "c", 497);
    }

    private static int MinimumOf(Writer writer) => writer == Writer.ManagerJson ? 2 : 0;

    private static void Write(Writer writer, ISessionManager manager, ISession session, string key, int bytes)
    {
        switch (writer)
        {
            case Writer.ManagerText:
                manager.StoreValue(key, new string('x', bytes));
                break;
            case Writer.ManagerBytes:
                manager.StoreValue(key, new byte[bytes]);
                break;
            case Writer.ManagerJson:
                manager.StoreValue(key, new Uri(new string('x', bytes - 2), UriKind.Relative));
                break;
            case Writer.SessionText:
                session.SetString(key, new string('x', bytes));
                break;
            default:
                session.Set(key, new byte[bytes]);
                break;
        }
    }

    /// <summary>The exception names key and limit, the values stay as they were, and the sign-in of the same request is saved.</summary>
    private static async Task AssertRefusedAsync(SessionApp app, Browser browser, Writer writer, string key, int bytes, int limit)
    {
        var (before, token) = (await SizesAsync(app, browser), browser.Token);

        await app.RunAsync(browser, (manager, session) =>
        {
            manager.SetUserId(manager.GetUserId() ?? "ann");
            var exception = Assert.Throws<SessionValueException>(() => Write(writer, manager, session, key, bytes));
            Assert.Contains($"'{key}'", exception.Message, StringComparison.Ordinal);
            Assert.Contains($" {limit}.", exception.Message, StringComparison.Ordinal);
        });

        Assert.Equal(before, await SizesAsync(app, browser));
        Assert.True(await app.RunAsync(browser, manager => manager.IsAuthenticated));
        Assert.NotEqual(token, browser.Token);
    }

    private static Task<Dictionary<string, int>> SizesAsync(SessionApp app, Browser browser) =>
        app.RunAsync(browser, (_, session) => session.Keys.ToDictionary(key => key, key => session.Get(key)!.Length, StringComparer.Ordinal));

    private static async Task AssertUpdateRefusedAsync(ISessionManager manager, string key, int length) =>
        await Assert.ThrowsAsync<SessionValueException>(
            () => manager.UpdateValueAsync<string>(key, _ => new string('x', length), TestContext.Current.CancellationToken).AsTask());
}
