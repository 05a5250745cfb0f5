using System.Text.Json;
using System.Text.Json.Serialization;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Reading a value as a type it is not is an error that says so, never a silent default or a guess.</summary>
public sealed class WrongTypeTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    private enum Color
    {
        Red = 1,
        Green = 2,
    }

    [Flags]
    private enum Permissions
    {
        Read = 1,
        Write = 2,
    }

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public Task An_int_is_not_a_string() => AssertWrongAsync<int, string>(7, "int");

    [Fact]
    public Task A_string_is_not_an_int() => AssertWrongAsync<string, int>("7", "string");

    [Fact]
    public Task A_string_of_four_bytes_is_not_an_int() => AssertWrongAsync<string, int>("four", "string");

    [Fact]
    public Task An_int_is_not_a_long() => AssertWrongAsync<int, long>(7, "int");

    [Fact]
    public Task An_int_is_not_an_enum() => AssertWrongAsync<int, Color>(1, "int");

    [Fact]
    public Task An_int_is_not_a_byte_array() => AssertWrongAsync<int, byte[]>(7, "int");

    [Fact]
    public Task A_byte_array_is_not_a_string() => AssertWrongAsync<byte[], string>("dark"u8.ToArray(), "byte[]");

    [Fact]
    public Task A_byte_array_of_four_bytes_is_not_an_int() => AssertWrongAsync<byte[], int>([0, 0, 0, 7], "byte[]");

    [Fact]
    public Task A_string_is_not_an_object() => AssertWrongAsync<string, Line>("""{"Name":"tea"}""", "string");

    [Fact]
    public Task A_string_is_not_a_guid() => AssertWrongAsync<string, Guid>(Guid.Empty.ToString(), "string");

    [Fact]
    public Task An_object_is_not_an_int() => AssertWrongAsync<Line, int>(new Line("tea"), "JSON object");

    [Fact]
    public Task An_object_is_not_a_string() => AssertWrongAsync<Line, string>(new Line("tea"), "JSON object");

    [Fact]
    public Task An_object_is_not_a_list() => AssertWrongAsync<Line, List<string>>(new Line("tea"), "JSON object");

    [Fact]
    public Task A_list_is_not_an_object() => AssertWrongAsync<List<string>, Line>(["tea"], "JSON array");

    [Fact]
    public Task A_guid_is_not_an_int() => AssertWrongAsync<Guid, int>(Guid.Empty, "JSON string");

    [Fact]
    public Task A_bool_is_not_an_int() => AssertWrongAsync<bool, int>(true, "JSON true or false");

    [Fact]
    public Task A_fraction_is_not_an_int() => AssertWrongAsync<double, int>(1.5, "JSON number");

    [Fact]
    public Task A_number_too_large_is_not_an_int() => AssertWrongAsync<long, int>(1L + int.MaxValue, "JSON number");

    [Fact]
    public Task Null_is_not_an_int() => AssertWrongAsync<string?, int>(null, "JSON null");

    [Fact]
    public Task Null_is_not_a_guid() => AssertWrongAsync<Guid?, Guid>(null, "JSON null");

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public Task A_number_that_the_enum_does_not_have_is_not_that_enum(long number) => AssertWrongAsync<long, Color>(number, "JSON number");

    [Fact]
    public Task A_number_that_the_enum_does_not_have_is_not_its_nullable_either() => AssertWrongAsync<long, Color?>(3, "JSON number");

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(-1)]
    public Task A_number_with_an_unknown_flag_is_not_a_combination_of_flags(long number) => AssertWrongAsync<long, Permissions>(number, "JSON number");

    [Fact]
    public async Task The_exception_does_not_show_the_value()
    {
        await StoreAsync("key", "s3cret text");
        await StoreAsync("list", new List<string> { "s3cret item" });

        Assert.DoesNotContain("s3cret", (await ReadWronglyAsync<int>("key")).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", (await ReadWronglyAsync<List<int>>("list")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_read_as_the_wrong_type_stays_what_it_is()
    {
        await StoreAsync("key", "dark");

        await _app.RunAsync(_browser, session =>
        {
            session.StoreValue("other", 1);
            Assert.Throws<SessionValueException>(() => session.TryGetValue<int>("key", out _));
            Assert.Throws<SessionValueException>(() => session.GetValue("key", 5));
        });

        Assert.Equal(("dark", 1), await _app.RunAsync(_browser, session => (session.GetValue<string>("key"), session.GetValue<int>("other"))));
    }

    [Fact]
    public async Task Updating_and_taking_as_the_wrong_type_fail_and_change_nothing()
    {
        await StoreAsync("key", "dark");

        await _app.RunAsync(_browser, async (session, _) =>
        {
            await Assert.ThrowsAsync<SessionValueException>(() => session.UpdateValueAsync<int>("key", number => number + 1, TestContext.Current.CancellationToken).AsTask());
            await Assert.ThrowsAsync<SessionValueException>(() => session.TakeValueAsync<int>("key", TestContext.Current.CancellationToken).AsTask());
            return true;
        });

        Assert.Equal("dark", await _app.RunAsync(_browser, session => session.GetValue<string>("key")));
    }

    [Fact]
    public async Task Duplicate_properties_are_refused_rather_than_chosen_from()
    {
        await StoreJsonAsync("""{"Name":"tea","Name":"gold"}""");

        await ReadWronglyAsync<Line>("key");
        await ReadWronglyAsync<Dictionary<string, string>>("key");
    }

    [Fact]
    public async Task A_type_name_in_the_data_is_plain_data()
    {
        const string json = """{"$type":"System.IO.FileInfo, System.Runtime","Name":"tea"}""";
        await StoreJsonAsync(json);

        await _app.RunAsync(_browser, session =>
        {
            Assert.Equal(new Line("tea"), session.GetValue<Line>("key"));
            Assert.IsType<JsonElement>(session.GetValue<object>("key"));
            Assert.Equal(json, session.GetValue<JsonElement>("key").GetRawText());
        });
    }

    private async Task AssertWrongAsync<TStored, TRead>(TStored value, string storedAs)
    {
        await StoreAsync("some key", value);

        var exception = await ReadWronglyAsync<TRead>("some key");

        Assert.Contains("'some key'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(storedAs, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"'{typeof(TRead)}'", exception.Message, StringComparison.Ordinal);
    }

    private Task<SessionValueException> ReadWronglyAsync<T>(string key) =>
        _app.RunAsync(_browser, session => Assert.Throws<SessionValueException>(() => session.GetValue<T>(key)));

    private Task<bool> StoreAsync<T>(string key, T value) => _app.RunAsync(_browser, session => session.StoreValue(key, value));

    private Task<bool> StoreJsonAsync(string json) => StoreAsync("key", new RawJson(json));

    private sealed record Line(string Name);

    [JsonConverter(typeof(RawJsonConverter))]
    private sealed record RawJson(string Text);

    private sealed class RawJsonConverter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonElement.ParseValue(ref reader).GetRawText());

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Text);
    }
}
