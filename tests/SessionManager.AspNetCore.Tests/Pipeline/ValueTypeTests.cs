using System.Text.Json;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Values of any type read back the same in a later request, and as no other type.</summary>
public sealed class ValueTypeTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    public enum Color
    {
        Red = 1,
        Green = 2,
    }

    [Flags]
    public enum Permissions
    {
        Read = 1,
        Write = 2,
        Delete = 4,
    }

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("dark")]
    [InlineData("null")]
    [InlineData("Grüße, 世界 \U0001F600\0\r\n\"\\")]
    public Task A_string_reads_back(string value) => AssertReadsBackAsync(value);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public Task An_int_reads_back(int value) => AssertReadsBackAsync(value);

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0, 255, 128 })]
    public Task A_byte_array_reads_back(byte[] value) => AssertReadsBackAsync(value);

    [Fact]
    public async Task Numbers_read_back_to_the_last_digit()
    {
        await AssertReadsBackAsync(long.MinValue);
        await AssertReadsBackAsync(ulong.MaxValue);
        await AssertReadsBackAsync(79228162514264337593543950335m);
        await AssertReadsBackAsync(0.1);
        await AssertReadsBackAsync(double.Epsilon);
        await AssertReadsBackAsync(-1.5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_bool_reads_back(bool value) => AssertReadsBackAsync(value);

    [Fact]
    public async Task Ids_and_times_read_back()
    {
        await AssertReadsBackAsync(Guid.Parse("6f9619ff-8b86-d011-b42d-00cf4fc964ff"));
        await AssertReadsBackAsync(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(-9.5)).AddTicks(9));
        await AssertReadsBackAsync(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        await AssertReadsBackAsync(new DateOnly(2026, 1, 2));
        await AssertReadsBackAsync(TimeSpan.FromTicks(123456789));
        await AssertReadsBackAsync('ß');
    }

    [Fact]
    public async Task Collections_read_back()
    {
        await AssertReadsBackAsync(new List<string?> { "a", null, "" });
        await AssertReadsBackAsync(new[] { 1, 2, 3 });
        await AssertReadsBackAsync(new List<int>());
        await AssertReadsBackAsync(new Dictionary<string, decimal> { ["tea"] = 1.50m, [""] = 0m });
    }

    [Fact]
    public async Task Types_of_the_application_read_back()
    {
        await AssertReadsBackAsync(new Line("tea", 2));
        await AssertReadsBackAsync(new Point(1, -1));
        await _app.RunAsync(_browser, session => session.StoreValue("cart", new Cart { Note = null, Lines = { new Line("tea", 2), new Line("mug", 1) } }));

        var cart = await _app.RunAsync(_browser, session => session.GetValue<Cart>("cart"));

        Assert.Null(cart!.Note);
        Assert.Equal([new Line("tea", 2), new Line("mug", 1)], cart.Lines);
    }

    [Theory]
    [InlineData(Color.Green)]
    public Task An_enum_reads_back(Color value) => AssertReadsBackAsync(value);

    [Theory]
    [InlineData(Permissions.Read)]
    [InlineData(Permissions.Read | Permissions.Delete)]
    [InlineData(Permissions.Read | Permissions.Write | Permissions.Delete)]
    public Task Any_combination_of_flags_reads_back(Permissions value) => AssertReadsBackAsync(value);

    [Fact]
    public Task No_flags_at_all_are_a_combination_too() => AssertReadsBackAsync(default(Permissions));

    [Fact]
    public async Task Nullable_values_read_back_with_and_without_a_value()
    {
        await AssertReadsBackAsync<int?>(7);
        await AssertReadsBackAsync<int?>(null);
        await AssertReadsBackAsync<Guid?>(Guid.Empty);
        await AssertReadsBackAsync<Color?>(Color.Red);
        await AssertReadsBackAsync<Color?>(null);
        await AssertReadsBackAsync<string?>(null);
        await AssertReadsBackAsync<byte[]?>(null);
        await AssertReadsBackAsync<Line?>(null);
    }

    [Fact]
    public async Task A_value_and_its_nullable_are_one_type()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.StoreValue("int", 7);
            session.StoreValue<int?>("nullable", 8);
            session.StoreValue("guid", Guid.Empty);
        });

        Assert.Equal(
            (7, 8, Guid.Empty),
            await _app.RunAsync(_browser, session => (session.GetValue<int?>("int"), session.GetValue<int>("nullable"), session.GetValue<Guid?>("guid"))));
    }

    [Fact]
    public async Task Null_is_a_value_and_not_an_absent_key()
    {
        await _app.RunAsync(_browser, session => session.StoreValue<string?>("nothing", null));

        await _app.RunAsync(_browser, session =>
        {
            Assert.True(session.TryGetValue<string?>("nothing", out var value));
            Assert.Null(value);
            Assert.False(session.TryGetValue<string?>("absent", out _));
            Assert.Null(session.GetValue<string?>("nothing", "default"));
            Assert.Null(session.GetValue<int?>("nothing", 5));
            Assert.Equal(["nothing"], session.Keys);
        });
    }

    [Fact]
    public async Task An_absent_value_is_the_default_of_its_type()
    {
        await _app.RunAsync(_browser, session =>
        {
            Assert.Equal((0, null, null, Guid.Empty), (session.GetValue<int>("a"), session.GetValue<int?>("a"), session.GetValue<Line>("a"), session.GetValue<Guid>("a")));
            Assert.Equal(5, session.GetValue("a", 5));
        });
    }

    [Fact]
    public async Task A_value_stored_as_an_object_is_stored_as_what_it_is()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.StoreValue<object>("text", "dark");
            session.StoreValue<object>("number", 7);
            session.StoreValue<object>("line", new Line("tea", 2));
        });

        Assert.Equal(
            ("dark", 7, new Line("tea", 2)),
            await _app.RunAsync(_browser, session => (session.GetValue<string>("text"), session.GetValue<int>("number"), session.GetValue<Line>("line"))));
    }

    [Fact]
    public async Task A_value_can_be_read_as_json()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("line", new Line("tea", 2)));

        var json = await _app.RunAsync(_browser, session => session.GetValue<JsonElement>("line").GetRawText());

        Assert.Equal("""{"Name":"tea","Count":2}""", json);
    }

    private async Task AssertReadsBackAsync<T>(T value)
    {
        Assert.True(await _app.RunAsync(_browser, session => session.StoreValue("value", value) && Equivalent(value, session.GetValue<T>("value"))));
        Assert.True(await _app.RunAsync(_browser, session => session.TryGetValue<T>("value", out var stored) && Equivalent(value, stored)));
    }

    private static bool Equivalent<T>(T expected, T? actual)
    {
        Assert.Equal(expected, actual);
        return true;
    }

    public sealed record Line(string Name, int Count);

    public readonly record struct Point(int X, int Y);

    public sealed class Cart
    {
        public string? Note { get; set; } = "none";

        public List<Line> Lines { get; init; } = [];
    }
}
