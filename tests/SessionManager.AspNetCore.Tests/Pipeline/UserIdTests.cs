using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A user id of any type stays exactly who it is, and one that names nobody signs nobody in.</summary>
public sealed class UserIdTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    private enum Role
    {
        None,
        Admin,
    }

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public Task A_null_string_names_nobody() => AssertNamesNobodyAsync<string?>(null);

    [Fact]
    public Task An_empty_string_names_nobody() => AssertNamesNobodyAsync("");

    [Fact]
    public async Task Zero_of_any_number_type_names_nobody()
    {
        await AssertNamesNobodyAsync(0);
        await AssertNamesNobodyAsync(0L);
        await AssertNamesNobodyAsync((byte)0);
        await AssertNamesNobodyAsync(0UL);
        await AssertNamesNobodyAsync(0m);
        await AssertNamesNobodyAsync(0.00m);
        await AssertNamesNobodyAsync(0.0);
    }

    [Fact]
    public async Task A_nullable_without_a_value_or_with_a_default_names_nobody()
    {
        await AssertNamesNobodyAsync<int?>(null);
        await AssertNamesNobodyAsync<int?>(0);
        await AssertNamesNobodyAsync<Guid?>(Guid.Empty);
    }

    [Fact]
    public async Task The_default_of_any_struct_names_nobody()
    {
        await AssertNamesNobodyAsync(Guid.Empty);
        await AssertNamesNobodyAsync(default(Role));
        await AssertNamesNobodyAsync(default(CustomerId));
        await AssertNamesNobodyAsync(default(DateTimeOffset));
        await AssertNamesNobodyAsync(false);
    }

    [Fact]
    public async Task A_default_in_a_box_names_nobody()
    {
        await AssertNamesNobodyAsync<object?>(null);
        await AssertNamesNobodyAsync<object>(0);
        await AssertNamesNobodyAsync<object>(0L);
        await AssertNamesNobodyAsync<object>("");
        await AssertNamesNobodyAsync<object>(Guid.Empty);
        await AssertNamesNobodyAsync<object>(default(CustomerId));
        await AssertNamesNobodyAsync<IFormattable>(0);
    }

    [Fact]
    public async Task An_id_that_wraps_nothing_names_nobody()
    {
        await AssertNamesNobodyAsync(new UserName(""));
        await AssertNamesNobodyAsync(new UserName(null!));
    }

    [Fact]
    public async Task Nobody_begins_no_session()
    {
        Assert.False(await _app.RunAsync(_browser, session => session.SetUserId("")));

        Assert.Null(_browser.Token);
    }

    [Fact]
    public async Task Ids_read_back_as_the_type_they_were_set_with()
    {
        await AssertReadsBackAsync("user123", "user123");
        await AssertReadsBackAsync(123, "123");
        await AssertReadsBackAsync(int.MinValue, "-2147483648");
        await AssertReadsBackAsync(long.MaxValue, "9223372036854775807");
        await AssertReadsBackAsync(ulong.MaxValue, "18446744073709551615");
        await AssertReadsBackAsync(1.5m, "1.5");
        await AssertReadsBackAsync<int?>(7, "7");
        await AssertReadsBackAsync(Guid.Parse("6f9619ff-8b86-d011-b42d-00cf4fc964ff"), "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
        await AssertReadsBackAsync(Role.Admin, "Admin");
        await AssertReadsBackAsync(new CustomerId("acme", 7), """{"Tenant":"acme","Number":7}""");
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("123")]
    [InlineData("{}")]
    [InlineData("\"quoted\"")]
    public Task A_type_that_wraps_a_string_has_its_text_whatever_that_is(string text) => AssertReadsBackAsync(new UserName(text), text);

    [Fact]
    public async Task Nobody_signed_in_is_the_default_of_any_type()
    {
        await _app.RunAsync(_browser, session =>
        {
            Assert.Null(session.GetUserId());
            Assert.Equal((null, 0, null, Guid.Empty), (session.GetUserId<string>(), session.GetUserId<int>(), session.GetUserId<int?>(), session.GetUserId<Guid>()));
            Assert.Equal(default, session.GetUserId<CustomerId>());
        });
    }

    [Fact]
    public async Task An_id_read_as_a_type_it_is_not_is_an_error()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId("ann");
            AssertWrongType<int>(session);
            AssertWrongType<long?>(session);
            AssertWrongType<Guid>(session);
            AssertWrongType<Role>(session);
            AssertWrongType<CustomerId>(session);
            session.SetUserId(7);
            AssertWrongType<Guid>(session);
            AssertWrongType<bool>(session);
            AssertWrongType<CustomerId>(session);
            session.SetUserId(long.MaxValue);
            AssertWrongType<int>(session);
        });
    }

    [Theory]
    [InlineData("7")]
    [InlineData("-1")]
    [InlineData("1")]
    [InlineData("admin")]
    public async Task A_text_that_is_not_a_name_of_the_enum_is_not_that_enum(string id)
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId(id);
            AssertWrongType<Role>(session);
        });
    }

    [Theory]
    [InlineData("007")]
    [InlineData("+7")]
    [InlineData(" 7")]
    [InlineData("7 ")]
    [InlineData("-0")]
    [InlineData("7\0")]
    public async Task A_text_that_is_not_how_a_number_is_written_is_not_that_number(string id)
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId(id);
            AssertWrongType<int>(session);
            AssertWrongType<long>(session);
            AssertWrongType<decimal>(session);
        });
    }

    [Theory]
    [InlineData(",", "-")]
    [InlineData(",", "\u2212")]
    [InlineData("'", "minus ")]
    public async Task Ids_do_not_depend_on_the_culture(string separator, string minus)
    {
        await _app.RunAsync(_browser, session => UseCulture(separator, minus, () =>
        {
            session.SetUserId(-1234.5m);
            Assert.Equal((separator, minus), (NumberFormatInfo.CurrentInfo.NumberDecimalSeparator, NumberFormatInfo.CurrentInfo.NegativeSign));
            Assert.Equal(("-1234.5", -1234.5m), (session.GetUserId(), session.GetUserId<decimal>()));
        }));
        await _app.RunAsync(_browser, session =>
        {
            Assert.Equal(("-1234.5", -1234.5m), (session.GetUserId(), session.GetUserId<decimal>()));
            session.SetUserId(-7);
        });
        await _app.RunAsync(_browser, session => UseCulture(separator, minus, () =>
            Assert.Equal(("-7", -7, -7L), (session.GetUserId(), session.GetUserId<int>(), session.GetUserId<long>()))));
    }

    private static void AssertWrongType<T>(ISessionManager session) =>
        Assert.Contains($"'{typeof(T)}'", Assert.Throws<SessionValueException>(() => session.GetUserId<T>()).Message, StringComparison.Ordinal);

    private static void UseCulture(string separator, string minus, Action action)
    {
        var before = CultureInfo.CurrentCulture;
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = separator;
        culture.NumberFormat.NegativeSign = minus;
        CultureInfo.CurrentCulture = culture;
        try
        {
            action();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private async Task AssertNamesNobodyAsync<T>(T id)
    {
        var newcomer = _app.NewBrowser();
        Assert.Equal((false, false), await _app.RunAsync(newcomer, session => (session.SetUserId(id), session.IsAuthenticated)));
        Assert.Null(newcomer.Token);

        await _app.RunAsync(_browser, session => session.SetUserId("ann"));
        var token = _browser.Token;
        Assert.Equal((false, "ann"), await _app.RunAsync(_browser, session => (session.SetUserId(id), session.GetUserId())));
        Assert.Equal("ann", await _app.RunAsync(_browser, session => session.GetUserId()));
        Assert.Equal(token, _browser.Token);
    }

    private async Task AssertReadsBackAsync<T>(T id, string text)
    {
        Assert.True(await _app.RunAsync(_browser, session => session.SetUserId(id)));

        await _app.RunAsync(_browser, session =>
        {
            Assert.Equal(text, session.GetUserId());
            Assert.Equal(id, session.GetUserId<T>());
        });
    }

    private readonly record struct CustomerId(string Tenant, int Number);

    [JsonConverter(typeof(UserNameConverter))]
    private sealed record UserName(string Text);

    private sealed class UserNameConverter : JsonConverter<UserName>
    {
        public override UserName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, UserName value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }
}
