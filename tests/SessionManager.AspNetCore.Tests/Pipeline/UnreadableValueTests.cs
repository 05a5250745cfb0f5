using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A value whose class a deployment has changed counts as absent where one only tries to read it, and the log says so.</summary>
public sealed class UnreadableValueTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    private enum OldColor
    {
        Red = 1,
        Green = 2,
    }

    private enum NewColor
    {
        Red = 1,
    }

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public Task A_member_of_another_type() => AssertUnreadableAsync<OldLine, NumberedLine>(new OldLine("s3cret"));

    [Fact]
    public Task A_member_that_is_required_now() => AssertUnreadableAsync<OldLine, DemandingLine>(new OldLine("s3cret"));

    [Fact]
    public Task A_constructor_that_refuses() => AssertUnreadableAsync<OldLine, ValidatingLine>(new OldLine("s3cret"));

    [Fact]
    public Task A_setter_that_refuses() => AssertUnreadableAsync<OldLine, SettingLine>(new OldLine("s3cret"));

    [Fact]
    public Task A_list_that_was_an_object() => AssertUnreadableAsync<OldLine, List<OldLine>>(new OldLine("s3cret"));

    [Fact]
    public Task A_number_that_was_an_object() => AssertUnreadableAsync<OldLine, int>(new OldLine("s3cret"));

    [Fact]
    public Task A_null_that_is_none_any_more() => AssertUnreadableAsync<Guid?, Guid>(null);

    [Fact]
    public Task A_name_that_the_enum_has_lost() => AssertUnreadableAsync<OldColor, NewColor>(OldColor.Green);

    [Fact]
    public async Task What_is_readable_is_read_and_nothing_is_logged()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("key", new OldLine("tea")));

        Assert.Equal((true, new OldLine("tea")), await _app.RunAsync(_browser, session => (session.TryGetValue<OldLine>("key", out var line), line)));
        Assert.Equal((false, null), await _app.RunAsync(_browser, session => (session.TryGetValue<OldLine>("absent", out var line), line)));
        Assert.Equal(0, _app.Logs.CountOf(17));
    }

    [Fact]
    public async Task What_was_never_json_is_still_an_error()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.StoreValue("text", "7");
            session.StoreValue("number", 7);
            session.StoreValue("bytes", new byte[4]);
            Assert.Throws<SessionValueException>(() => session.TryGetValue<int>("text", out _));
            Assert.Throws<SessionValueException>(() => session.TryGetValue<string>("number", out _));
            Assert.Throws<SessionValueException>(() => session.TryGetValue<OldLine>("bytes", out _));
        });

        Assert.Equal(0, _app.Logs.CountOf(17));
    }

    private async Task AssertUnreadableAsync<TStored, TRead>(TStored value)
    {
        await _app.RunAsync(_browser, session => session.StoreValue("some\nkey", value));

        Assert.Equal((false, default), await _app.RunAsync(_browser, session => (session.TryGetValue<TRead>("some\nkey", out var read), read)));

        var entry = Assert.Single(_app.Logs.Ours, entry => entry.EventId == 17);
        Assert.Equal((LogLevel.Warning, null), (entry.Level, entry.Exception));
        Assert.Contains("'some?key'", entry.Message, StringComparison.Ordinal);
        Assert.Contains($"'{typeof(TRead)}'", entry.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", entry.Message, StringComparison.Ordinal);
        await _app.RunAsync(_browser, session =>
        {
            var exception = Assert.Throws<SessionValueException>(() => session.GetValue<TRead>("some\nkey"));
            Assert.DoesNotContain("s3cret", exception.ToString(), StringComparison.Ordinal);
            Assert.Equal(value, session.GetValue<TStored>("some\nkey"));
        });
    }

    private sealed record OldLine(string Name);

    private sealed record NumberedLine(int Name);

    private sealed record DemandingLine(string Name)
    {
        public required int Count { get; init; }
    }

    [method: JsonConstructor]
    private sealed class ValidatingLine(string name, string unit)
    {
        public string Name { get; } = name;

        public string Unit { get; } = unit ?? throw new ArgumentNullException(nameof(unit), $"{name} has no unit.");
    }

    private sealed class SettingLine
    {
        public string? Name
        {
            get;
            set => field = int.Parse(value!, provider: null).ToString(provider: null);
        }
    }
}
