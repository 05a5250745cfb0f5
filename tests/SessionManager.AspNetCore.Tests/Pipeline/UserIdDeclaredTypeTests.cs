using System.Text.Json.Serialization;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Ids set as a base type, an interface or an object: two of different types are two users, or are refused.</summary>
public sealed class UserIdDeclaredTypeTests
{
    private readonly SessionManagerOptions _options = new();

    private interface IPersonId
    {
        int Id { get; }
    }

    private enum Customer
    {
        None,
        First,
    }

    [Fact]
    public void An_id_whose_text_does_not_say_which_of_the_types_it_is_is_refused()
    {
        AssertRefused<PersonId>(new CustomerId(7));
        AssertRefused<IPersonId>(new CustomerId(7));
        AssertRefused<object>(new CustomerId(7));
        AssertRefused<object>((1, new CustomerId(7)));
        AssertRefused<IEquatable<PlainId>>(new PlainId(7));
        AssertRefused<object>(new PlainId(7));
        AssertRefused<object>(new ClassId { Id = 7 });
        AssertRefused<ClassId>(new DerivedClassId { Id = 7 });
        AssertRefused<object>(Customer.First);
        AssertRefused<Enum>(Customer.First);
    }

    [Fact]
    public void An_id_that_says_which_of_the_types_it_is_is_kept()
    {
        var (customer, employee) = (UserIdText.From<MarkedId>(new MarkedCustomerId(7), _options), UserIdText.From<MarkedId>(new MarkedEmployeeId(7), _options));

        Assert.NotEqual(customer, employee);
        Assert.Equal(new MarkedCustomerId(7), UserIdText.To<MarkedId>(customer!, _options));
        Assert.Equal(new MarkedEmployeeId(7), UserIdText.To<MarkedId>(employee!, _options));
    }

    [Fact]
    public void Numbers_texts_and_tuples_of_them_are_who_they_are_behind_an_object_too()
    {
        Assert.Equal("7", UserIdText.From<object>(7, _options));
        Assert.Equal("ann", UserIdText.From<object>("ann", _options));
        Assert.Equal("Friday", UserIdText.From<object>(DayOfWeek.Friday, _options));
        Assert.Equal(UserIdText.From((1, "x"), _options), UserIdText.From<object>((1, "x"), _options));
        Assert.Equal(UserIdText.From(new byte[] { 7 }, _options), UserIdText.From<object>(new byte[] { 7 }, _options));
        Assert.Equal("""{"Id":7}""", UserIdText.From<PlainId?>(new PlainId(7), _options));
    }

    [Fact]
    public void Objects_without_any_state_are_all_alike_and_are_refused()
    {
        AssertRefused(new EmptyId());
        AssertRefused(new ConstantId());
    }

    [Fact]
    public void Equality_that_ignores_blanks_or_punctuation_is_refused()
    {
        AssertRefused(new Normalized("ann7", text => text.TrimStart()));
        AssertRefused(new Normalized("ann7", text => text.Trim()));
        AssertRefused(new Normalized("ann7", text => text.Replace("-", "", StringComparison.Ordinal)));
        AssertRefused(new Normalized("a-n.n", text => string.Concat(text.Where(char.IsLetterOrDigit))));
        AssertRefused(new Normalized("a.n", text => text.Replace(".", "", StringComparison.Ordinal)));
        AssertRefused(new Normalized("007", text => text.TrimStart('0')));
    }

    [Fact]
    public void The_address_of_a_file_is_refused()
    {
        AssertRefused(new Uri("file:///C:/users/ann"));
        AssertRefused(new Uri("file:///users/ann"));
        AssertRefused(new Uri(@"\\server\share\ann"));
        AssertRefused((1, new Uri("file://server/share/ann")));
        Assert.Equal("urn:user:ann", UserIdText.From(new Uri("urn:user:ann"), _options));
    }

    private void AssertRefused<T>(T id) => Assert.Throws<SessionValueException>(() => UserIdText.From(id, _options));

    private abstract record PersonId;

    private sealed record CustomerId(int Id) : PersonId, IPersonId;

    private readonly record struct PlainId(int Id);

    private class ClassId
    {
        public int Id { get; set; }
    }

    private sealed class DerivedClassId : ClassId;

    [JsonDerivedType(typeof(MarkedCustomerId), "customer")]
    [JsonDerivedType(typeof(MarkedEmployeeId), "employee")]
    private abstract record MarkedId;

    private sealed record MarkedCustomerId(int Id) : MarkedId;

    private sealed record MarkedEmployeeId(int Id) : MarkedId;

    private sealed class EmptyId;

    private sealed class ConstantId
    {
        public string Kind => GetType().Name;
    }

    /// <summary>Equal to whatever is the same once it is normalized.</summary>
    private sealed class Normalized : IEquatable<Normalized>
    {
        private static Func<string, string> _normalize = text => text;

        public Normalized()
        {
        }

        public Normalized(string text, Func<string, string> normalize) => (Text, _normalize) = (text, normalize);

        public string Text { get; set; } = "";

        public bool Equals(Normalized? other) => other is not null && _normalize(Text) == _normalize(other.Text);

        public override bool Equals(object? obj) => Equals(obj as Normalized);

        public override int GetHashCode() => 0;
    }
}
