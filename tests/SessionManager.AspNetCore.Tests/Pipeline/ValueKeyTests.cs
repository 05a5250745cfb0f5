using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What a key may be: any text that is not empty, not too long and valid Unicode, compared ordinally.</summary>
public sealed class ValueKeyTests
{
    [Theory]
    [InlineData("user_id")]
    [InlineData("a:b")]
    [InlineData("*")]
    [InlineData("{}")]
    [InlineData(" ")]
    [InlineData("\r\n\0")]
    [InlineData("\U0001F36A")]
    [InlineData("\ufffd")]
    [InlineData("v")]
    public async Task Any_text_is_a_key(string key)
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();

        await app.RunAsync(browser, manager => manager.StoreValue(key, "mine"));

        await app.RunAsync(browser, (manager, session) =>
        {
            Assert.Equal([key], manager.Keys);
            Assert.Equal(("mine", "mine"), (manager.GetValue<string>(key), session.GetString(key)));
            Assert.True(manager.RemoveValue(key));
        });
        Assert.Empty(await app.RunAsync(browser, manager => manager.Keys));
    }

    [Theory]
    [InlineData("key", "Key")]
    [InlineData("é", "e\u0301")]
    [InlineData("a", "a ")]
    [InlineData("a", "a\0")]
    [InlineData("a", "\u0430")]
    [InlineData("ss", "ß")]
    public async Task Look_alikes_are_different_keys(string one, string other)
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();

        await app.RunAsync(browser, manager => manager.StoreValue(one, 1) && manager.StoreValue(other, 2));

        Assert.Equal((1, 2), await app.RunAsync(browser, manager => (manager.GetValue<int>(one), manager.GetValue<int>(other))));
    }

    [Fact]
    public async Task An_empty_key_is_an_argument_error_and_changes_nothing()
    {
        await AssertRefusedAsync<ArgumentException>("");
    }

    [Fact]
    public async Task A_null_key_is_an_argument_error_everywhere()
    {
        await AssertRefusedAsync<ArgumentNullException>(null!);
        await using var app = await SessionApp.StartAsync();
        await app.RunAsync(app.NewBrowser(), async (manager, session) =>
        {
            Assert.Throws<ArgumentNullException>(() => manager.GetValue<string>(null!));
            Assert.Throws<ArgumentNullException>(() => manager.TryGetValue<string>(null!, out var value));
            Assert.Throws<ArgumentNullException>(() => manager.RemoveValue(null!));
            Assert.Throws<ArgumentNullException>(() => session.Remove(null!));
            Assert.Throws<ArgumentNullException>(() => session.TryGetValue(null!, out var bytes));
            await Assert.ThrowsAsync<ArgumentNullException>(() => manager.TakeValueAsync<string>(null!, TestContext.Current.CancellationToken).AsTask());
            return await Assert.ThrowsAsync<ArgumentNullException>(
                () => manager.UpdateValueAsync<string>(null!, _ => "", TestContext.Current.CancellationToken).AsTask());
        });
    }

    [Fact]
    public async Task Half_a_surrogate_pair_is_refused()
    {
        await AssertRefusedAsync<SessionValueException>("\ud83d");
        await AssertRefusedAsync<SessionValueException>("a\ude00b");
    }

    [Fact]
    public async Task Half_a_surrogate_pair_finds_no_other_key()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, manager => manager.StoreValue("\ufffd", "mine"));

        await app.RunAsync(browser, (manager, session) =>
        {
            Assert.False(manager.TryGetValue<string>("\ud83d", out _));
            Assert.Null(session.GetString("\ud83d"));
            Assert.False(manager.RemoveValue("\ud83d"));
        });

        Assert.Equal("mine", await app.RunAsync(browser, manager => manager.GetValue<string>("\ufffd")));
    }

    [Theory]
    [InlineData(256, 256, 1)]
    [InlineData(257, 256, 1)]
    [InlineData(128, 256, 2)]
    [InlineData(129, 256, 2)]
    [InlineData(65535, 65535, 1)]
    [InlineData(65536, 65535, 1)]
    public async Task A_key_is_as_long_as_its_utf8(int length, int limit, int bytesEach)
    {
        await using var app = await SessionApp.StartAsync(options => options.MaxKeyBytes = limit);
        var browser = app.NewBrowser();
        var key = new string(bytesEach == 1 ? 'k' : 'é', length);
        if (length * bytesEach > limit)
        {
            await AssertRefusedAsync<SessionValueException>(app, browser, key, $" {limit}.");
            return;
        }

        await app.RunAsync(browser, (manager, session) =>
        {
            manager.StoreValue(key, 1);
            session.SetInt32(key, 2);
        });
        Assert.Equal(2, await app.RunAsync(browser, manager => manager.GetValue<int>(key)));
    }

    [Fact]
    public async Task A_64_KB_key_is_refused_in_few_words()
    {
        await using var app = await SessionApp.StartAsync();

        var exception = await AssertRefusedAsync<SessionValueException>(app, app.NewBrowser(), "long" + new string('k', 65_536), " 256.");

        Assert.Contains("'longkkk", exception.Message, StringComparison.Ordinal);
        Assert.InRange(exception.Message.Length, 1, 300);
    }

    [Fact]
    public async Task Line_breaks_of_a_key_do_not_reach_a_message()
    {
        await using var app = await SessionApp.StartAsync();

        var exception = await AssertRefusedAsync<SessionValueException>(app, app.NewBrowser(), "a\r\nb\u0085" + new string('k', 256), " 256.");

        Assert.DoesNotContain(exception.Message, char.IsControl);
    }

    [Fact]
    public async Task A_key_that_is_too_long_to_exist_reads_as_absent()
    {
        await using var app = await SessionApp.StartAsync();
        var key = new string('k', 65_536);

        await app.RunAsync(app.NewBrowser(), manager =>
        {
            Assert.Equal("default", manager.GetValue(key, "default"));
            Assert.False(manager.RemoveValue(key));
        });
    }

    private static async Task AssertRefusedAsync<T>(string key)
        where T : Exception
    {
        await using var app = await SessionApp.StartAsync();
        await AssertRefusedAsync<T>(app, app.NewBrowser(), key, "");
    }

    /// <summary>Both refuse the key, the session stays as it was, and another change of the request is saved.</summary>
    private static async Task<T> AssertRefusedAsync<T>(SessionApp app, Browser browser, string key, string part)
        where T : Exception
    {
        await app.RunAsync(browser, manager => manager.StoreValue("before", 1));

        var exception = await app.RunAsync(browser, (manager, session) =>
        {
            Assert.Throws<T>(() => session.SetString(key, "mine"));
            var refusal = Assert.Throws<T>(() => manager.StoreValue(key, "mine"));
            manager.StoreValue("after", 2);
            return refusal;
        });

        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
        Assert.Equal(["after", "before"], await app.RunAsync(browser, manager => manager.Keys.Order(StringComparer.Ordinal).ToArray()));
        return exception;
    }
}
