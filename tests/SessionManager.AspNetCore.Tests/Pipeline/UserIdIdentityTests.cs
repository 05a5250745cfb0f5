using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Ids that resemble each other, or mean something to a store, are separate users.</summary>
public sealed class UserIdIdentityTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    public static TheoryData<string> Ids => new(
        "a:b", "*", "{tag}", "a b", " ", "ann ", "'; drop table users --", "null", "0", "\r\n\0", "\U0001F468\u200D\U0001F469", new string('x', 1024));

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task Any_text_is_kept_exactly(string id)
    {
        Assert.True(await _app.RunAsync(_browser, session => session.SetUserId(id)));

        Assert.Equal((true, id, id), await _app.RunAsync(_browser, session => (session.IsAuthenticated, session.GetUserId(), session.Info?.UserId)));
    }

    [Theory]
    [InlineData("ann", "Ann")]
    [InlineData("ann", "ann ")]
    [InlineData("ann", "\u0430nn")]
    [InlineData("é", "e\u0301")]
    [InlineData("straße", "strasse")]
    [InlineData("i", "\u0131")]
    [InlineData("ann", "ann\0")]
    [InlineData("ann", "ann\u200b")]
    [InlineData("7", "07")]
    [InlineData("a:b", "a")]
    [InlineData("*", "ann")]
    public async Task Look_alikes_are_different_users_and_inherit_nothing_from_each_other(string one, string other)
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId(one);
            session.StoreValue("diary", "secret");
        });

        await _app.RunAsync(_browser, session => session.SetUserId(other));

        Assert.Equal((other, 0), await _app.RunAsync(_browser, session => (session.GetUserId(), session.Keys.Count)));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_same_user_again_keeps_the_values(string id)
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId(id);
            session.StoreValue("diary", "secret");
        });

        await _app.RunAsync(_browser, session => session.SetUserId(id));

        Assert.Equal((id, "secret"), await _app.RunAsync(_browser, session => (session.GetUserId(), session.GetValue<string>("diary"))));
    }

    [Fact]
    public async Task One_number_is_one_user_whatever_its_type()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId(7);
            session.StoreValue("diary", "secret");
        });

        await _app.RunAsync(_browser, session => session.SetUserId("7"));

        Assert.Equal("secret", await _app.RunAsync(_browser, session => session.GetValue<string>("diary")));
    }

    [Fact]
    public async Task Half_a_surrogate_pair_is_refused_and_changes_nothing()
    {
        await _app.RunAsync(_browser, session => session.SetUserId("ann"));

        await _app.RunAsync(_browser, session =>
        {
            Assert.Throws<SessionValueException>(() => session.SetUserId("\ud83d"));
            Assert.Throws<SessionValueException>(() => session.SetUserId("ann\ude00"));
            Assert.Equal("ann", session.GetUserId());
        });

        Assert.Equal("ann", await _app.RunAsync(_browser, session => session.GetUserId()));
    }

    [Fact]
    public async Task Two_moments_that_differ_are_two_users()
    {
        var moment = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await _app.RunAsync(_browser, session => session.SetUserId(moment));
        var first = await _app.RunAsync(_browser, session => session.GetUserId());

        await _app.RunAsync(_browser, session => session.SetUserId(moment.AddTicks(1)));

        Assert.NotEqual(first, await _app.RunAsync(_browser, session => session.GetUserId()));
        Assert.Equal(moment.AddTicks(1), await _app.RunAsync(_browser, session => session.GetUserId<DateTimeOffset>()));
    }

    [Fact]
    public async Task An_id_that_is_too_long_is_refused_and_changes_nothing()
    {
        await _app.RunAsync(_browser, session => session.SetUserId(new string('x', ushort.MaxValue)));

        await _app.RunAsync(_browser, session =>
        {
            var exception = Assert.Throws<SessionValueException>(() => session.SetUserId(new string('y', ushort.MaxValue + 1)));
            Assert.Contains("65535", exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("yyy", exception.Message, StringComparison.Ordinal);
        });

        Assert.Equal(new string('x', ushort.MaxValue), await _app.RunAsync(_browser, session => session.GetUserId()));
    }
}
