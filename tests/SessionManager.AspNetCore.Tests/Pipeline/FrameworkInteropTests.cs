using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary><c>ISessionManager</c> and <c>HttpContext.Session</c> read what the other has written, in the same request and later.</summary>
public sealed class FrameworkInteropTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("dark")]
    [InlineData("Grüße \U0001F600\0")]
    public async Task A_stored_string_is_what_GetString_reads(string value)
    {
        await WriteAndReadAsync(
            (manager, _) => manager.StoreValue("key", value),
            (_, session) => Assert.Equal(value, session.GetString("key")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("dark")]
    [InlineData("Grüße \U0001F600\0")]
    public async Task What_SetString_writes_is_a_string(string value)
    {
        await WriteAndReadAsync(
            (_, session) => session.SetString("key", value),
            (manager, _) => Assert.Equal(value, manager.GetValue<string>("key")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    [InlineData(0x01020304)]
    public async Task A_stored_int_is_what_GetInt32_reads(int value)
    {
        await WriteAndReadAsync(
            (manager, _) => manager.StoreValue("key", value),
            (_, session) => Assert.Equal(value, session.GetInt32("key")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    [InlineData(0x01020304)]
    public async Task What_SetInt32_writes_is_an_int(int value)
    {
        await WriteAndReadAsync(
            (_, session) => session.SetInt32("key", value),
            (manager, _) => Assert.Equal((value, value), (manager.GetValue<int>("key"), manager.GetValue<int?>("key"))));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 255, 128 })]
    public async Task A_stored_byte_array_is_what_Get_reads(byte[] value)
    {
        await WriteAndReadAsync(
            (manager, _) => manager.StoreValue("key", value),
            (_, session) => Assert.Equal(value, session.Get("key")));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 255, 128 })]
    public async Task What_Set_writes_is_a_byte_array(byte[] value)
    {
        await WriteAndReadAsync(
            (_, session) => session.Set("key", value),
            (manager, _) => Assert.Equal(value, manager.GetValue<byte[]>("key")));
    }

    [Fact]
    public async Task Four_bytes_of_Set_read_as_bytes_string_and_int()
    {
        await WriteAndReadAsync(
            (_, session) => session.Set("key", [0x64, 0x61, 0x72, 0x6B]),
            (manager, _) =>
            {
                Assert.Equal("dark"u8.ToArray(), manager.GetValue<byte[]>("key"));
                Assert.Equal("dark", manager.GetValue<string>("key"));
                Assert.Equal(0x6461726B, manager.GetValue<int>("key"));
            });
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 1, 2, 3, 4, 5 })]
    public async Task Other_than_four_bytes_of_Set_are_not_an_int(byte[] value)
    {
        await WriteAndReadAsync(
            (_, session) => session.Set("key", value),
            (manager, _) => AssertWrongType<int>(manager));
    }

    [Fact]
    public async Task What_the_framework_session_wrote_is_not_read_as_json()
    {
        await WriteAndReadAsync(
            (_, session) => session.SetString("key", "true"),
            (manager, _) =>
            {
                AssertWrongType<bool>(manager);
                AssertWrongType<List<string>>(manager);
                AssertWrongType<long>(manager);
            });
    }

    [Fact]
    public async Task A_stored_null_is_absent_for_the_framework_session()
    {
        await WriteAndReadAsync(
            (manager, _) => manager.StoreValue<string?>("key", null),
            (_, session) =>
            {
                Assert.False(session.TryGetValue("key", out var bytes));
                Assert.Null(bytes);
                Assert.Null(session.GetString("key"));
                Assert.Null(session.GetInt32("key"));
            });
    }

    [Fact]
    public async Task Both_see_the_same_keys_and_remove_the_same_values()
    {
        await _app.RunAsync(_browser, (manager, session) =>
        {
            manager.StoreValue("ours", 1);
            session.SetInt32("theirs", 2);
        });

        await _app.RunAsync(_browser, (manager, session) =>
        {
            Assert.Equal(["ours", "theirs"], manager.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(["ours", "theirs"], session.Keys.Order(StringComparer.Ordinal));
            session.Remove("ours");
            Assert.True(manager.RemoveValue("theirs"));
            Assert.Equal((0, 0), (manager.Keys.Count, session.Keys.Count()));
        });

        Assert.Equal(0, await _app.RunAsync(_browser, manager => manager.Keys.Count));
    }

    [Fact]
    public async Task The_one_who_writes_last_decides()
    {
        await WriteAndReadAsync(
            (manager, session) =>
            {
                session.SetString("key", "first");
                manager.StoreValue("key", 2);
            },
            (manager, session) => Assert.Equal((2, 2), (manager.GetValue<int>("key"), session.GetInt32("key"))));
    }

    private static void AssertWrongType<T>(ISessionManager manager)
    {
        var exception = Assert.Throws<SessionValueException>(() => manager.GetValue<T>("key"));
        Assert.Contains("'key'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("HttpContext.Session", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"'{typeof(T)}'", exception.Message, StringComparison.Ordinal);
    }

    private async Task WriteAndReadAsync(Action<ISessionManager, ISession> write, Action<ISessionManager, ISession> read)
    {
        await _app.RunAsync(_browser, write + read);
        await _app.RunAsync(_browser, read);
    }
}
