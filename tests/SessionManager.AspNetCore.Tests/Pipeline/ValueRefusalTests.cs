using System.Collections;
using System.Collections.ObjectModel;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What would not read back equal is refused when it is stored. The exception names key, type and member, and no value.</summary>
public sealed class ValueRefusalTests : IAsyncLifetime
{
    private const string Secret = "s3cret";

    private SessionApp _app = null!;
    private Browser _browser = null!;

    private enum Color
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
    public async Task Half_a_surrogate_pair_inside_an_object_is_refused()
    {
        await AssertRefusedAsync(new Line { Name = "s3cret\ud83d" }, "Name");
        await AssertRefusedAsync(new Cart { Items = [new Line(), new Line { Name = "s3cret\ud83d" }] }, "Items[1].Name");
        await AssertRefusedAsync(new List<string> { "\ude00" }, "[0]");
        await AssertRefusedAsync(new Dictionary<string, string> { ["s3cret\ud83d"] = "" }, "[0]");
        await AssertRefusedAsync(new Dictionary<string, string?> { ["s3cret\ud83d"] = null }, "[0]");
        await AssertRefusedAsync(new Dictionary<string, string> { [Secret] = "\ud83d" }, "[0]");
        await AssertRefusedAsync('\ud83d');
        await AssertRefusedAsync((1, "\ud83d"), "Item2");
    }

    [Fact]
    public async Task What_a_base_type_hides_is_refused()
    {
        await AssertRefusedAsync<Line>(new PricedLine { Price = 2 });
        await AssertRefusedAsync(new Cart { Items = [new PricedLine { Price = 2 }] }, "Items[0]");
        await AssertRefusedAsync(new Cart { Favourite = new PricedLine() }, "Favourite");
    }

    [Fact]
    public async Task What_a_member_of_type_object_hides_is_refused()
    {
        await AssertRefusedAsync(new Holder { Any = new Line() }, "Any");
        await AssertRefusedAsync(new Holder { Any = 7L }, "Any");
        await AssertRefusedAsync(new Holder { Any = 1.5m }, "Any");
        await AssertRefusedAsync(new Holder { Any = -0.0 }, "Any");
        await AssertRefusedAsync(new Holder { Any = Color.Red }, "Any");
        await AssertRefusedAsync(new Holder { Any = Guid.NewGuid() }, "Any");
        await AssertRefusedAsync(new Holder { Any = 'a' }, "Any");
        await AssertRefusedAsync(new Holder { Any = "\ud83d" }, "Any");
        await AssertRefusedAsync(new List<object?> { null, DateTime.UtcNow }, "[1]");
        await AssertRefusedAsync(new Dictionary<string, object> { [Secret] = (1, 2) }, "[0]");
        await AssertRefusedAsync<IEnumerable>(new ArrayList { new List<int> { 7 } }, "[0]");
        var cycle = new Holder();
        cycle.Any = cycle;
        await AssertRefusedAsync(cycle);
        await AssertRefusedAsync<object>(new object());
    }

    [Fact]
    public async Task A_collection_that_comes_back_in_another_order_is_refused()
    {
        await AssertRefusedAsync(new Stack<int>([1, 2]), "[0]");
        await AssertRefusedAsync(new SortedSet<int>([1, 2], Comparer<int>.Create((x, y) => y.CompareTo(x))));
    }

    [Fact]
    public async Task A_collection_that_compares_its_keys_in_its_own_way_is_refused()
    {
        await AssertRefusedAsync(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 });
        await AssertRefusedAsync(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "A" });
        await AssertRefusedAsync<IReadOnlySet<string>>(new SortedSet<string>(StringComparer.OrdinalIgnoreCase) { "A" });
        await AssertRefusedAsync<IReadOnlyDictionary<string, int>>(new SortedList<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 });
    }

    [Fact]
    public async Task Members_that_a_collection_has_besides_its_items_are_refused()
    {
        await AssertRefusedAsync(new Named { Name = Secret }, "Name");
        await AssertRefusedAsync<IList<int>>(new Named { Name = Secret });
        await AssertRefusedAsync<Collection<int>>(new ObservableCollection<int> { 1 });
        await AssertRefusedAsync(new Discounted(5), "_discount");
        await AssertRefusedAsync(new NamedEntries { Name = Secret }, "Name");
    }

    [Fact]
    public async Task State_that_no_public_member_shows_is_refused()
    {
        await AssertRefusedAsync(new Private(7), "_number");
        await AssertRefusedAsync(new InternalOnly { Number = 7 }, "Number");
        await AssertRefusedAsync(new StringBuilder(Secret));
        await AssertRefusedAsync(new ShadowingLine(Secret) { Name = "tea" }, "Name");
    }

    [Fact]
    public async Task A_function_is_refused_and_a_handler_of_an_event_is_no_state()
    {
        await AssertRefusedAsync(new WithFunction(number => number + 1), "_function");
        var notifying = new Notifying { Name = "tea" };
        notifying.Changed += (_, _) => { };
        Assert.Equal("tea", await _app.RunAsync(_browser, session => session.StoreValue("key", notifying) ? session.GetValue<Notifying>("key")!.Name : null));
    }

    [Fact]
    public async Task What_a_converter_drops_is_refused()
    {
        await AssertRefusedAsync(new Converted { Name = "tea", Note = Secret }, "Note");
        await AssertRefusedAsync(new ConvertedRecord("tea", Secret));
    }

    [Fact]
    public async Task What_the_constructor_or_a_setter_changes_is_refused()
    {
        await AssertRefusedAsync(new Doubling { Number = 2 }, "Number");
        await AssertRefusedAsync(new Counted("tea"), "Count");
    }

    [Fact]
    public async Task What_can_be_written_and_not_read_is_refused()
    {
        await AssertRefusedAsync(new Line[1, 1]);
        await AssertRefusedAsync(new HolderOfInterface { Any = new Impl { Name = Secret } }, "Any");
        await AssertRefusedAsync(new List<HolderOfInterface> { new() { Any = new Impl() } }, "[0].Any");
        await AssertRefusedAsync(new NoConstructor(1, 2));
        await AssertRefusedAsync(new Validating());
        await AssertRefusedAsync(new { Name = Secret }.Name.Select(letter => (letter, 1)).ToLookup(pair => pair.letter));
    }

    [Fact]
    public async Task Undefined_values_of_an_enum_are_refused()
    {
        await AssertRefusedAsync((Color)7);
        await AssertRefusedAsync<Color?>((Color)7);
        await AssertRefusedAsync<object>((Color)7);
        await AssertRefusedAsync(default(Color));
    }

    [Fact]
    public async Task What_is_still_to_be_waited_for_is_refused()
    {
        var pending = new TaskCompletionSource<int>().Task;
        await AssertRefusedAsync(Task.FromResult(7), remedy: "Await it");
        await AssertRefusedAsync(pending, remedy: "Await it");
        await AssertRefusedAsync<object>(pending, remedy: "Await it");
        await AssertRefusedAsync(new ValueTask<int>(7), remedy: "Await it");
        await AssertRefusedAsync<object>(ValueTask.CompletedTask, remedy: "Await it");
        await AssertRefusedAsync(new HolderOfTask { Total = pending }, "Total", "Await it");
        await AssertRefusedAsync(new List<HolderOfTask> { new() { Total = pending } }, "[].Total", "Await it");
        await AssertRefusedAsync(new Holder { Any = pending });
        await AssertRefusedAsync(new Lazy<int>(() => 7));
        await AssertRefusedAsync(Numbers());
        await AssertRefusedAsync<object>(Numbers());

        static async IAsyncEnumerable<int> Numbers()
        {
            await Task.Yield();
            yield return 1;
        }
    }

    [Fact]
    public async Task Whatever_a_member_throws_comes_out_as_a_refusal()
    {
        await AssertRefusedAsync(new Throwing(new FormatException()));
        await AssertRefusedAsync(new Throwing(new OperationCanceledException()));
        await AssertRefusedAsync(new Throwing(new KeyNotFoundException()));
        await AssertRefusedAsync(new Throwing(new InvalidOperationException()));
        await AssertRefusedAsync(new ThrowingLater(), "Name");
        await AssertRefusedAsync(new ThrowingItems());
    }

    [Fact]
    public async Task What_the_applications_own_options_do_not_bring_back_is_refused()
    {
        await AssertRefusedAsync(new WithField { Name = Secret }, "Name", options: new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() });
        await AssertRefusedAsync((1, 2), "Item1", options: new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() });
        await AssertRefusedAsync(new GetOnly("tea", 3), "Count", options: new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() });
        await AssertRefusedAsync(1.5m, options: new() { Converters = { new Rounding() } });
        await AssertRefusedAsync(new Defaulted { Name = null }, "Name", options: new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
        var node = new Node();
        node.Next = node;
        await AssertRefusedAsync(node, "Next", options: new() { ReferenceHandler = ReferenceHandler.IgnoreCycles });
    }

    [Fact]
    public async Task Hidden_state_that_goes_round_in_circles_or_deep_is_no_stack_overflow()
    {
        await _app.RunAsync(_browser, session => Assert.True(session.StoreValue("key", new Parent())));
        await AssertRefusedAsync(new Deep(200_000));
    }

    [Fact]
    public async Task A_value_that_is_too_large_is_not_read_back_first()
    {
        var exception = await RefuseAsync(_app, Enumerable.Repeat(new HolderOfInterface { Any = new Impl() }, 30_000).ToList());

        Assert.Contains("262144", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_leaves_the_session_as_it_was()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("some key", "before"));

        await AssertRefusedAsync(new Line { Name = "\ud83d" }, "Name");
        await _app.RunAsync(_browser, async (session, _) => await Assert.ThrowsAsync<SessionValueException>(
            () => session.UpdateValueAsync<Line>("other", _ => new Line { Name = "\ud83d" }, TestContext.Current.CancellationToken).AsTask()));

        Assert.Equal("before", await _app.RunAsync(_browser, session => session.GetValue<string>("some key")));
        Assert.Equal(["some key"], await _app.RunAsync(_browser, session => session.Keys.ToArray()));
    }

    private async Task AssertRefusedAsync<T>(T value, string? member = null, string? remedy = null, JsonSerializerOptions? options = null)
    {
        await using var app = options is null ? null : await SessionApp.StartAsync(session => session.SerializerOptions = options);

        var exception = await RefuseAsync(app ?? _app, value);

        Assert.Contains("'some key'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(typeof(T) == typeof(object) ? $"'{value!.GetType()}'" : $"'{typeof(T)}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(member is null ? "" : $"member '{member}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(remedy ?? "", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    private async Task<SessionValueException> RefuseAsync<T>(SessionApp app, T value) =>
        await app.RunAsync(app == _app ? _browser : app.NewBrowser(), session => Assert.Throws<SessionValueException>(() => session.StoreValue("some key", value)));

    private interface IImpl
    {
        string? Name { get; }
    }

    private class Line
    {
        public string? Name { get; set; }
    }

    private sealed class PricedLine : Line
    {
        public int Price { get; set; }
    }

    private sealed class ShadowingLine : Line
    {
        public ShadowingLine()
        {
        }

        public ShadowingLine(string hidden) => base.Name = hidden;

        public new string? Name { get; set; }
    }

    private sealed class Cart
    {
        public List<Line> Items { get; init; } = [];

        public Line? Favourite { get; set; }
    }

    private sealed class Holder
    {
        public object? Any { get; set; }
    }

    private sealed class HolderOfInterface
    {
        public IImpl? Any { get; set; }
    }

    private sealed class Impl : IImpl
    {
        public string? Name { get; set; }
    }

    private sealed class HolderOfTask
    {
        public Task<int>? Total { get; set; }
    }

    private sealed class Named : List<int>
    {
        public string? Name { get; set; }
    }

    private sealed class NamedEntries : Dictionary<string, int>
    {
        public string? Name { get; set; }
    }

    private sealed class Discounted : List<int>
    {
        private readonly int _discount;

        public Discounted()
        {
        }

        public Discounted(int discount) => _discount = discount;

        public int Apply(int price) => price - _discount;
    }

    private sealed class Private
    {
        private readonly int _number;

        public Private()
        {
        }

        public Private(int number) => _number = number;

        public int Double() => _number * 2;
    }

    private sealed class WithFunction
    {
        private readonly Func<int, int> _function = number => number;

        public WithFunction()
        {
        }

        public WithFunction(Func<int, int> function) => _function = function;

        public int Apply(int number) => _function(number);
    }

    private sealed class Notifying
    {
        private readonly SemaphoreSlim _lock = new(1);

        public event EventHandler? Changed;

        public string? Name
        {
            get;
            set
            {
                _lock.Wait();
                field = value;
                _lock.Release();
                Changed?.Invoke(this, EventArgs.Empty);
            }
        }
    }

    private sealed class InternalOnly
    {
        internal int Number { get; set; }
    }

    [JsonConverter(typeof(Dropping))]
    private sealed class Converted
    {
        public string? Name { get; set; }

        public string? Note { get; set; }
    }

    private sealed class Dropping : JsonConverter<Converted>
    {
        public override Converted Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new() { Name = reader.GetString() };

        public override void Write(Utf8JsonWriter writer, Converted value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
    }

    [JsonConverter(typeof(DroppingRecord))]
    private sealed record ConvertedRecord(string Name, string? Note);

    private sealed class DroppingRecord : JsonConverter<ConvertedRecord>
    {
        public override ConvertedRecord Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!, null);

        public override void Write(Utf8JsonWriter writer, ConvertedRecord value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
    }

    private sealed class Rounding : JsonConverter<decimal>
    {
        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) => writer.WriteNumberValue(decimal.Floor(value));
    }

    private sealed class Doubling
    {
        public int Number
        {
            get;
            set => field = value * 2;
        }
    }

    private sealed class Counted(string name)
    {
        public string Name { get; } = name;

        public int Count => _count++ > 0 ? 0 : Name.Length;

        private int _count;
    }

    private sealed class NoConstructor(int x, int other)
    {
        public int X { get; } = x;

        public int Sum() => X + other;
    }

    private sealed class Validating
    {
        private readonly string _name = Secret;

        public string? Name
        {
            get => _name;
            set => throw new ArgumentException($"Not {value}.", nameof(value));
        }
    }

    private sealed class Throwing(Exception exception)
    {
        public string Name => throw exception;
    }

    private sealed class ThrowingLater
    {
        private int _reads;

        public string Name => _reads++ == 0 ? "tea" : throw new FormatException();
    }

    private sealed class ThrowingItems : IEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator() => throw new FormatException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class WithField
    {
        public string? Name;
    }

    private sealed class GetOnly(string name, int count)
    {
        public GetOnly()
            : this("tea", 0)
        {
        }

        public string Name { get; } = name;

        public int Count { get; } = count;
    }

    private sealed class Defaulted
    {
        public string? Name { get; set; } = "default";
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed class Parent
    {
        private readonly Child _child;

        public Parent() => _child = new Child(this);

        public int Number { get; set; } = 1;

        public bool IsParent() => _child.IsOf(this);
    }

    private sealed class Child(Parent parent)
    {
        public bool IsOf(Parent other) => parent == other;
    }

    private sealed class Deep
    {
        private readonly Node _first = new();

        public Deep()
            : this(200_000)
        {
        }

        public Deep(int depth)
        {
            for (var node = _first; depth > 0; depth--)
            {
                node = node.Next = new Node();
            }
        }

        public bool IsDeep() => _first.Next is not null;
    }
}
