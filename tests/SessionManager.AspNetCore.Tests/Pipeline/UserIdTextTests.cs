using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Two users never share a text, and one user never has two: an id comes back equal from its text, or is refused.</summary>
public sealed class UserIdTextTests : IAsyncLifetime
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, 3, DateTimeKind.Utc);

    private readonly SessionManagerOptions _options = new();
    private SessionApp _app = null!;
    private Browser _browser = null!;

    private enum Role
    {
        None,
        Admin,
        Chief = Admin,
    }

    [Flags]
    private enum Rights
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
    public async Task Another_tuple_is_another_user_and_inherits_nothing()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId((1, 42));
            session.StoreValue("diary", "secret");
        });

        await _app.RunAsync(_browser, session => session.SetUserId((9, 7)));

        Assert.Equal(((9, 7), 0), await _app.RunAsync(_browser, session => (session.GetUserId<(int, int)>(), session.Keys.Count)));
    }

    [Fact]
    public async Task An_equal_id_keeps_the_values()
    {
        await _app.RunAsync(_browser, session =>
        {
            session.SetUserId(42.00m);
            session.StoreValue("diary", "secret");
        });

        await _app.RunAsync(_browser, session => session.SetUserId(42m));

        Assert.Equal(("42", "secret"), await _app.RunAsync(_browser, session => (session.GetUserId(), session.GetValue<string>("diary"))));
    }

    [Fact]
    public async Task A_refused_id_changes_nothing()
    {
        await _app.RunAsync(_browser, session => session.SetUserId("ann"));
        var token = _browser.Token;

        await _app.RunAsync(_browser, session =>
        {
            var exception = Assert.Throws<SessionValueException>(() => session.SetUserId(new Hidden(7)));
            Assert.Contains($"'{typeof(Hidden)}'", exception.Message, StringComparison.Ordinal);
            Assert.Contains("Use a string", exception.Message, StringComparison.Ordinal);
        });

        Assert.Equal("ann", await _app.RunAsync(_browser, session => session.GetUserId()));
        Assert.Equal(token, _browser.Token);
    }

    [Fact]
    public void Ids_come_back_and_different_ones_have_different_texts()
    {
        AssertKept((1, 42), (9, 7), (42, 1));
        AssertKept<(int, string?)?>((1, "a"), (1, "b"), (1, null), (1, ""));
        AssertKept((1, (2, "x")), (1, (2, "y")), (1, (3, "x")));
        AssertKept((1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 4, 5, 6, 7, 9));
        AssertKept(Tuple.Create(1, 2), Tuple.Create(2, 1));
        AssertKept(new FieldId { Tenant = 1, Number = 2 }, new FieldId { Tenant = 2, Number = 1 });
        AssertKept(new GetOnlyId(1), new GetOnlyId(2));
        AssertKept(new RecordId("acme", 7), new RecordId("acme", 8), new RecordId("Acme", 7));
        AssertKept(new ClassId { Number = 1 }, new ClassId { Number = 2 });
        AssertKept(Rights.Read, Rights.Write, Rights.Read | Rights.Write);
        AssertKept(Role.Admin);
        AssertKept(BigInteger.Parse("123456789012345678901234567890", CultureInfo.InvariantCulture), BigInteger.MinusOne);
        AssertKept(TimeSpan.FromTicks(1), TimeSpan.FromDays(1), TimeSpan.MinValue);
        AssertKept(new TimeOnly(1), new TimeOnly(12, 0));
        AssertKept(Int128.MaxValue, Int128.MinValue);
        AssertKept(UInt128.MaxValue);
        AssertKept((Half)1.5, Half.Epsilon, Half.NaN);
        AssertKept(0.1, double.Epsilon, double.NaN, double.PositiveInfinity);
        AssertKept('a', 'A');
        AssertKept(true);
        AssertKept((nint)7);
        AssertKept(new Version(1, 2), new Version(1, 2, 0));
        AssertKept(IPAddress.Loopback, IPAddress.IPv6Loopback);
        AssertKept(new Uri("https://ann.example/"), new Uri("https://ann.example/A"), new Uri("relative", UriKind.Relative));
        AssertKept(Noon, Noon.AddTicks(1));
        AssertKept(new DateTimeOffset(Noon).AddTicks(1), new DateTimeOffset(Noon));
        AssertKept<object>(7, (1, 2), "x");
        AssertKept<IFormattable>(7, 7.5m);
        AssertKept<IComparable>(Guid.NewGuid());
        AssertKept(new byte[] { 1 }, new byte[] { 2 });
        AssertKept(new Formatted(7), new Formatted(8));
        AssertKept(new FormattedAlike(7), new FormattedAlike(8));
    }

    [Fact]
    public void Equal_ids_have_one_text()
    {
        AssertOne(42m, 42.0m, 42.00m);
        AssertOne(0.00001m, 0.0000100m);
        AssertOne(decimal.MaxValue);
        AssertOne((1, 42m), (1, 42.00m));
        AssertOne(new Money(1.5m), new Money(1.50m));
        AssertOne(new Nested(new Money(1.5m), [new Money(2m)]).Money, new Money(1.500m));
        AssertOne(new DateTimeOffset(Noon), new DateTimeOffset(Noon).ToOffset(TimeSpan.FromHours(5.5)));
        AssertOne((1, new DateTimeOffset(Noon)), (1, new DateTimeOffset(Noon).ToOffset(TimeSpan.FromHours(-8))));
        AssertOne(Noon, DateTime.SpecifyKind(Noon, DateTimeKind.Local), DateTime.SpecifyKind(Noon, DateTimeKind.Unspecified));
        AssertOne((1, Noon), (1, DateTime.SpecifyKind(Noon, DateTimeKind.Local)));
        AssertOne((1, 0.0), (1, -0.0));
        AssertOne((1, 0f), (1, -0f));
        AssertOne((1, (Half)0), (1, Half.NegativeZero));
        AssertOne(new Uri("https://ANN.example:443/a%7Eb"), new Uri("https://ann.example/a~b"));
        AssertOne((1, new Uri("https://ANN.example")), (1, new Uri("https://ann.example/")));
        AssertOne(Role.Admin, Role.Chief);
        AssertOne(new Trimming("Ann"), new Trimming("ANN"));
    }

    [Fact]
    public void Zero_below_zero_is_nobody_too()
    {
        Assert.Null(UserIdText.From(-0.0, _options));
        Assert.Null(UserIdText.From(Half.NegativeZero, _options));
        Assert.Null(UserIdText.From(-0.0m, _options));
        Assert.Null(UserIdText.From((0, 0.0), _options));
        Assert.Null(UserIdText.From<object>((0, -0.0), _options));
        Assert.Null(UserIdText.From<BigInteger?>(BigInteger.Zero, _options));
    }

    [Fact]
    public void Ids_that_do_not_come_back_are_refused()
    {
        AssertRefused(new Hidden(7));
        AssertRefused(new HiddenRecord(7));
        AssertRefused(new Ignoring(1, 2));
        AssertRefused(new WithArray([1]));
        AssertRefused(new IgnoringClass { Number = 1, Tenant = 2 });
        AssertRefused(new Dropping("a", "b"));
        AssertRefused(new Wrapper { Any = 7L });
        AssertRefused<RecordId>(new DerivedId("acme", 7, new Hidden(1)));
        AssertRefused((Role)7);
        AssertRefused((Rights)8);
        AssertRefused(new Rune('a'));
        AssertRefused(new Complex(1, 2));
        AssertRefused(new StringBuilder("ann"));
        AssertRefused(new Throwing());
        AssertRefused(Task.FromResult(7), "Await it");
        AssertRefused(new TaskCompletionSource<string>().Task, "Await it");
        AssertRefused(new ValueTask<int>(7), "Await it");
        AssertRefused(() => 7);
        AssertRefused(("a", "\ud83d"));
        AssertRefused('\ud83d');
        AssertRefused(new FormattedEmpty(7));
        AssertRefused<object>(new object());
    }

    [Fact]
    public async Task Finding_and_revoking_refuse_them_too()
    {
        await using var app = await App.StartAsync(_ => { });
        await using var scope = app.Services.CreateAsyncScope();
        var directory = scope.ServiceProvider.GetRequiredService<ISessionDirectory>();

        await Assert.ThrowsAsync<SessionValueException>(() => directory.RevokeUserAsync(new Hidden(7)));
        await Assert.ThrowsAsync<SessionValueException>(() => directory.FindByUserAsync(new Hidden(7)));
    }

    [Fact]
    public void Ids_that_are_equal_and_written_differently_are_refused()
    {
        AssertRefused(new IgnoringCase("Ann"));
        AssertRefused((1, new IgnoringCase("Ann")));
        AssertRefused(new IgnoringName(7, "Ann"));
        AssertRefused(new IgnoringName(7, null));
        AssertRefused(new IgnoringDate(7, Noon));
        AssertRefused(new WritingScale(1.50m));
        AssertRefused(new Microsoft.AspNetCore.Http.PathString("/Ann"));
        AssertRefused(new Uri("https://ann.example/#me"));
        AssertRefused(new Uri("https://ann@mail.example/"));
        AssertRefused((1, new Uri("https://ann.example/#me")));
    }

    private void AssertKept<T>(params T[] ids)
    {
        var texts = ids.Select(id => UserIdText.From(id, _options)).ToList();
        Assert.DoesNotContain(null, texts);
        Assert.Equal(texts.Distinct(), texts);
        Assert.All(ids.Zip(texts), pair =>
        {
            if (pair.First is ClassId id)
            {
                Assert.Equal(id.Number, UserIdText.To<ClassId>(pair.Second!, _options).Number);
            }
            else if (typeof(T) != typeof(object) && typeof(T) != typeof(IFormattable) && typeof(T) != typeof(IComparable))
            {
                Assert.Equal(pair.First, UserIdText.To<T>(pair.Second!, _options));
            }
        });
    }

    private void AssertOne<T>(params T[] ids)
    {
        Assert.All(ids, id => Assert.Equal(ids[0], id));
        var text = Assert.Single(ids.Select(id => UserIdText.From(id, _options)).Distinct());
        Assert.Equal(ids[0], UserIdText.To<T>(text!, _options));
    }

    private void AssertRefused<T>(T id, string remedy = "")
    {
        var exception = Assert.Throws<SessionValueException>(() => UserIdText.From(id, _options));
        Assert.Contains(remedy, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Ann", exception.Message, StringComparison.Ordinal);
    }

    private struct FieldId
    {
        public int Tenant;
        public int Number;
    }

    private readonly struct GetOnlyId(int number)
    {
        public int Number { get; } = number;
    }

    private record RecordId(string Tenant, int Number);

    private sealed record DerivedId(string Tenant, int Number, Hidden Hidden) : RecordId(Tenant, Number);

    private sealed class ClassId
    {
        public int Number { get; set; }
    }

    private readonly record struct Money(decimal Amount);

    private sealed record Nested(Money Money, List<Money> More);

    private sealed class Hidden(int number)
    {
        public Hidden()
            : this(0)
        {
        }

        public int Double() => number * 2;
    }

    private sealed record HiddenRecord
    {
        private readonly int _number;

        public HiddenRecord()
        {
        }

        public HiddenRecord(int number) => _number = number;

        public int Double() => _number * 2;
    }

    private sealed record Ignoring(int Number, [property: JsonIgnore] int Tenant);

    private sealed record WithArray(int[] Numbers);

    private sealed class IgnoringClass
    {
        public int Number { get; set; }

        [JsonIgnore]
        public int Tenant { get; set; }
    }

    private sealed class Wrapper
    {
        public object? Any { get; set; }
    }

    private sealed class Throwing
    {
        private readonly Exception _fault = new FormatException();

        public int Number => throw _fault;
    }

    [JsonConverter(typeof(DroppingConverter))]
    private sealed record Dropping(string First, string Last);

    private sealed class DroppingConverter : JsonConverter<Dropping>
    {
        public override Dropping Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!, "");

        public override void Write(Utf8JsonWriter writer, Dropping value, JsonSerializerOptions options) => writer.WriteStringValue(value.First);
    }

    /// <summary>Its text comes back as JSON, by its converter.</summary>
    [JsonConverter(typeof(FormattedConverter))]
    private readonly record struct Formatted(int Number) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) => $"user-{Number}";
    }

    private sealed class FormattedConverter : JsonConverter<Formatted>
    {
        public override Formatted Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(int.Parse(reader.GetString()!.AsSpan(5), CultureInfo.InvariantCulture));

        public override void Write(Utf8JsonWriter writer, Formatted value, JsonSerializerOptions options) => writer.WriteStringValue($"user-{value.Number}");
    }

    /// <summary>Its text tells nobody apart, its JSON does.</summary>
    private readonly record struct FormattedAlike(int Number) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) => "user";
    }

    private sealed class FormattedEmpty(int number) : IFormattable
    {
        public FormattedEmpty()
            : this(0)
        {
        }

        public string ToString(string? format, IFormatProvider? formatProvider) => "";

        public int Double() => number * 2;
    }

    private sealed record IgnoringCase(string Name)
    {
        public bool Equals(IgnoringCase? other) => string.Equals(Name, other?.Name, StringComparison.OrdinalIgnoreCase);

        public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Name);
    }

    /// <summary>Ignores case, and writes one.</summary>
    private sealed record Trimming
    {
        public Trimming(string name) => Name = name.ToUpperInvariant();

        public string Name { get; }
    }

    private sealed record IgnoringName(int Number, string? Name)
    {
        public bool Equals(IgnoringName? other) => Number == other?.Number;

        public override int GetHashCode() => Number;
    }

    private sealed record IgnoringDate(int Number, DateTime Since)
    {
        public bool Equals(IgnoringDate? other) => Number == other?.Number;

        public override int GetHashCode() => Number;
    }

    [JsonConverter(typeof(ScaleConverter))]
    private readonly record struct WritingScale(decimal Amount);

    private sealed class ScaleConverter : JsonConverter<WritingScale>
    {
        public override WritingScale Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(decimal.Parse(reader.GetString()!, CultureInfo.InvariantCulture));

        public override void Write(Utf8JsonWriter writer, WritingScale value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Amount.ToString(CultureInfo.InvariantCulture));
    }
}
