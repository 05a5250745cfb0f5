using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What System.Text.Json writes and by itself would not read comes back too: fields, tuples, what has no public setter.</summary>
public sealed class ValueRoundTripTests : IAsyncLifetime
{
    private SessionApp _app = null!;
    private Browser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await SessionApp.StartAsync();
        _browser = _app.NewBrowser();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Tuples_come_back()
    {
        await AssertComesBackAsync((1, "tea"));
        await AssertComesBackAsync<(int, string?)?>((1, null));
        await AssertComesBackAsync<(int, string)?>(null);
        await AssertComesBackAsync((1, (2, ("deep", 3.5m))));
        await AssertComesBackAsync((1, 2, 3, 4, 5, 6, 7, 8, 9));
        await AssertComesBackAsync(Tuple.Create(1, "tea"));
        await AssertComesBackAsync(default((int, int)));
        await AssertComesBackAsync(ValueTuple.Create());
    }

    [Fact]
    public async Task Collections_of_tuples_come_back()
    {
        await AssertComesBackAsync(new List<(string Name, int Count)> { ("tea", 2), ("mug", 1) });
        await AssertComesBackAsync(new Dictionary<string, (int, int)> { ["a"] = (1, 2) });
        await AssertComesBackAsync(new[] { (1, 2) });
    }

    [Fact]
    public async Task Public_fields_come_back()
    {
        var read = await StoreAndReadAsync(new WithFields(4) { Name = "tea", Count = 3 });
        Assert.Equal(("tea", 3, 4), (read.Name, read.Count, read.Fixed));

        await AssertComesBackAsync(new FieldStruct { X = 1, Y = 2 });
    }

    [Fact]
    public async Task Properties_without_a_public_setter_come_back()
    {
        var value = new Sealed("ann");
        value.Advance();

        var read = await StoreAndReadAsync(value);

        Assert.Equal(("ann", 1, 1, 1, value.Id), (read.Name, read.Private, read.Nested, read.Internal, read.Id));
        Assert.Equal(1, read.Manual);
        Assert.Equal(value.Id, (await StoreAndReadAsync(new Derived { Id = value.Id })).Id);
    }

    [Fact]
    public async Task Properties_without_any_setter_come_back()
    {
        await AssertComesBackAsync(new GetOnlyStruct(3));
        var value = new GetOnly("tea");

        Assert.Equal(("tea", value.Created), (await StoreAndReadAsync(value)) is var read ? (read.Name, read.Created) : default);
    }

    [Fact]
    public async Task Collections_without_a_setter_come_back()
    {
        var value = new Basket();
        value.Items.Add("tea");
        value.Tags.Add("hot");
        value.Prices["tea"] = 1.50m;
        value.Fill("mug");

        var read = await StoreAndReadAsync(value);

        Assert.Equal(value.Items, read.Items);
        Assert.Equal(value.Tags, read.Tags);
        Assert.Equal(value.Prices, read.Prices);
        Assert.Equal(["mug", "mug", "mug"], [.. read.Lines, .. read.View, .. read.Set]);
    }

    [Fact]
    public async Task A_collection_that_the_constructor_fills_comes_back_as_it_was_stored()
    {
        Assert.Equal(["default"], (await StoreAndReadAsync(new Prefilled())).Items);

        var replaced = new PrefilledBehind();
        replaced.Items.Clear();
        replaced.Items.Add("other");
        Assert.Equal(["other"], (await StoreAndReadAsync(replaced)).Items);

        var emptied = new Prefilled();
        emptied.Items.Clear();
        Assert.Empty((await StoreAndReadAsync(emptied)).Items);
    }

    [Fact]
    public async Task What_can_not_be_read_and_is_made_by_the_constructor_is_left_to_it()
    {
        var read = await StoreAndReadAsync(new WithFixed());

        Assert.Equal((3, 4), (read.Fixed.Number, Assert.Single(read.All).Number));
    }

    [Fact]
    public async Task A_collection_that_objects_share_is_left_alone()
    {
        var before = Shared.All.ToArray();

        await StoreAndReadAsync(new Shared { Chosen = "b" });

        Assert.Equal(before, Shared.All);
        Assert.Equal(0, Shared.All.Changes);
    }

    [Fact]
    public async Task Members_that_the_constructor_takes_are_left_to_it()
    {
        var read = await StoreAndReadAsync(new Trimmed(" ann "));

        Assert.Equal(("ann", 1), (read.Name, read.Constructed));
    }

    [Fact]
    public async Task Collections_behind_an_interface_come_back_with_their_items()
    {
        await AssertComesBackAsync<IEnumerable<int>>(new[] { 1, 2 }.Where(number => number > 1));
        await AssertComesBackAsync<IReadOnlyList<string>>(["tea"]);
        await AssertComesBackAsync<ISet<int>>(new SortedSet<int> { 2, 1 });
        await AssertComesBackAsync<IReadOnlyDictionary<string, int>>(new ReadOnlyDictionary<string, int>(new Dictionary<string, int> { ["a"] = 1 }));
        await AssertComesBackAsync<List<IEnumerable<int>>>([new[] { 1 }, new HashSet<int> { 2 }]);
    }

    [Fact]
    public async Task Memory_comes_back()
    {
        var (bytes, numbers) = (new byte[] { 1, 2, 3 }.AsMemory(1), new[] { 1, 2, 3 }.AsMemory(1));

        Assert.Equal(bytes.ToArray(), (await StoreAndReadAsync(bytes)).ToArray());
        Assert.Equal(numbers.ToArray(), (await StoreAndReadAsync<ReadOnlyMemory<int>>(numbers)).ToArray());
    }

    [Fact]
    public async Task Json_comes_back_also_as_a_member_of_any_type()
    {
        using var document = JsonDocument.Parse("""{"a":[1.0,null]}""");
        var read = await StoreAndReadAsync(new Anything { Any = document.RootElement, Node = JsonNode.Parse("[1]") });

        Assert.True(JsonElement.DeepEquals(document.RootElement, (JsonElement)read.Any!));
        Assert.Equal("[1]", read.Node!.ToJsonString());
        Assert.Equal("""{"a":[1.0,null]}""", (await StoreAndReadAsync(document)).RootElement.GetRawText());
        await StoreAsync<object>(JsonNode.Parse("7")!);
    }

    [Fact]
    public async Task Plain_values_of_any_type_come_back()
    {
        await AssertComesBackAsync(new Dictionary<string, object?> { ["lang"] = "en", ["on"] = true, ["off"] = false, ["count"] = 7, ["none"] = null });
        await AssertComesBackAsync(new List<object> { long.MaxValue, 1.5, double.MaxValue, int.MinValue, "" });
        await AssertComesBackAsync<IEnumerable<object>>(new object[] { 1, "a" });
        Assert.Equal("tea", (await StoreAndReadAsync(new Anything { Any = "tea" })).Any);
    }

    [Fact]
    public async Task A_converter_of_the_applications_own_for_any_type_is_used()
    {
        await using var app = await SessionApp.StartAsync(session => session.SerializerOptions.Converters.Add(new Shouting()));

        var json = await app.RunAsync(app.NewBrowser(), session =>
            session.StoreValue("value", new List<object> { "tea" }) ? session.GetValue<JsonElement>("value").GetRawText() : null);

        Assert.Equal("""["tea!"]""", json);
    }

    [Fact]
    public async Task What_differs_from_call_to_call_is_no_state()
    {
        Assert.Equal("tea", (await StoreAndReadAsync(new Clock { Name = "tea" })).Name);
    }

    [Fact]
    public async Task What_is_not_to_be_written_need_not_come_back()
    {
        var read = await StoreAndReadAsync(new Ignoring { Name = "tea", Password = "secret", Cache = "1", Manual = "2" });

        Assert.Equal(("tea", null, null, null), (read.Name, read.Password, read.Cache, read.Manual));
    }

    [Fact]
    public async Task A_type_behind_its_base_comes_back_where_polymorphism_brings_it()
    {
        Assert.Equal(2, Assert.IsType<Circle>(await StoreAndReadAsync<Shape>(new Circle { Radius = 2 })).Radius);
    }

    [Fact]
    public async Task A_type_with_a_converter_comes_back_when_its_own_equality_says_so()
    {
        var value = new Hashed("tea");
        Assert.NotEqual(0, value.Hash());

        Assert.Equal(value, await StoreAndReadAsync(value));
    }

    [Fact]
    public async Task Unknown_members_of_json_come_back()
    {
        using var document = JsonDocument.Parse("""{"Name":"tea","Sort":"green"}""");
        var extensible = document.RootElement.Deserialize<Extensible>()!;

        Assert.Equal("green", (await StoreAndReadAsync(extensible)).More!["Sort"].GetString());
        Assert.Equal("tea", (await StoreAndReadAsync(new Extensible { Name = "tea", More = [] })).Name);
    }

    [Fact]
    public async Task A_graph_with_a_cycle_comes_back_where_references_are_preserved()
    {
        await using var app = await SessionApp.StartAsync(session => session.SerializerOptions = new JsonSerializerOptions { ReferenceHandler = ReferenceHandler.Preserve });
        var node = new Node { Name = "a" };
        node.Next = new Node { Name = "b", Next = node };

        var read = await app.RunAsync(app.NewBrowser(), session => session.StoreValue("value", node) ? session.GetValue<Node>("value")! : null!);

        Assert.Equal("b", read.Next!.Name);
        Assert.Same(read, read.Next.Next);

        var any = new Anything();
        any.Any = any;
        var readAny = await app.RunAsync(app.NewBrowser(), session => session.StoreValue("value", any) ? session.GetValue<Anything>("value")! : null!);
        Assert.Same(readAny, readAny.Any);
    }

    [Fact]
    public async Task Options_without_a_resolver_bring_back_the_same_and_stay_as_they_are()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
        await using var app = await SessionApp.StartAsync(session => session.SerializerOptions = options);
        var (tuple, prefilled) = await app.RunAsync(app.NewBrowser(), session =>
        {
            session.StoreValue("tuple", (1, 2));
            session.StoreValue("prefilled", new Prefilled());
            Assert.Equal("""{"item1":1,"item2":2}""", session.GetValue<JsonElement>("tuple").GetRawText());
            return (session.GetValue<(int, int)>("tuple"), session.GetValue<Prefilled>("prefilled")!);
        });

        Assert.Equal(((1, 2), "default"), (tuple, Assert.Single(prefilled.Items)));
        Assert.False(options.IncludeFields || options.IsReadOnly);
        Assert.Null(options.TypeInfoResolver);
    }

    private async Task AssertComesBackAsync<T>(T value) => Assert.Equal(value, await StoreAndReadAsync(value));

    private Task<bool> StoreAsync<T>(T value) => _app.RunAsync(_browser, session => session.StoreValue("value", value));

    private async Task<T> StoreAndReadAsync<T>(T value)
    {
        await StoreAsync(value);
        return await _app.RunAsync(_browser, session => session.GetValue<T>("value")!);
    }

    private struct FieldStruct
    {
        public int X;
        public int Y;
    }

    private readonly struct GetOnlyStruct(int x)
    {
        public int X { get; } = x;
    }

    private sealed class WithFields(int @fixed)
    {
        public readonly int Fixed = @fixed;
        public string? Name;
        public int Count;

        public WithFields()
            : this(0)
        {
        }
    }

    private sealed class Sealed(string name)
    {
        private int _manual;

        public string Name { get; } = name;

        public int Private { get; private set; }

        public int Nested { get; private init; } = 1;

        public int Internal { get; internal set; }

        public int Manual
        {
            get => _manual;
            private set => _manual = value;
        }

        public Guid Id { get; private init; } = Guid.NewGuid();

        public void Advance() => (Private, Internal, Manual) = (1, 1, 1);
    }

    private class Base
    {
        public Guid Id { get; protected internal set; }
    }

    private sealed class Derived : Base;

    private sealed class GetOnly(string name)
    {
        public string Name { get; } = name;

        public DateTimeOffset Created { get; } = DateTimeOffset.Now;
    }

    private sealed class Basket
    {
        private readonly List<string> _lines = [];
        private readonly List<string> _view = [];
        private readonly HashSet<string> _set = [];

        public List<string> Items { get; } = [];

        public HashSet<string> Tags { get; } = [];

        public Dictionary<string, decimal> Prices { get; } = new(StringComparer.Ordinal);

        public IDictionary<string, decimal> SamePrices => Prices;

        public Collection<string> Lines => [.. _lines];

        public IReadOnlyList<string> View => _view;

        public ISet<string> Set => _set;

        public List<string> Source => _lines;

        public void Fill(string text)
        {
            _lines.Add(text);
            _view.Add(text);
            _set.Add(text);
        }
    }

    private sealed class Prefilled
    {
        public List<string> Items { get; } = ["default"];
    }

    private sealed class PrefilledBehind
    {
        private readonly List<string> _items = ["default"];

        public List<string> Items => _items;
    }

    private sealed class WithFixed
    {
        public IFixed Fixed { get; } = Make(3);

        public List<IFixed> All { get; } = [Make(4)];

        private static IFixed Make(int number) => number > 0 ? new Fixed(number) : new Unfixed();
    }

    private interface IFixed
    {
        int Number { get; }
    }

    private sealed record Fixed(int Number) : IFixed;

    private sealed record Unfixed : IFixed
    {
        public int Number { get; init; }
    }

    private sealed class Watched : Collection<string>
    {
        public int Changes { get; set; }

        protected override void ClearItems()
        {
            Changes++;
            base.ClearItems();
        }
    }

    private sealed class Shared
    {
        public static readonly Watched All = ["a", "b"];

        public string? Chosen { get; set; }

        public Collection<string> Options => Chosen is null ? [] : All;
    }

    private sealed class Trimmed(string name)
    {
        public string Name { get; } = name.Trim();

        [JsonIgnore]
        public int Constructed { get; } = 1;
    }

    private sealed class Anything
    {
        public object? Any { get; set; }

        public JsonNode? Node { get; set; }
    }

    private sealed class Shouting : JsonConverter<object>
    {
        public override object Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!.TrimEnd('!');

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options) => writer.WriteStringValue($"{value}!");
    }

    [JsonConverter(typeof(HashedConverter))]
    private sealed class Hashed(string name)
    {
        private int? _hash;

        public string Name { get; } = name;

        public int Hash() => _hash ??= Name.Length;

        public override bool Equals(object? obj) => obj is Hashed other && Name == other.Name;

        public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
    }

    private sealed class HashedConverter : JsonConverter<Hashed>
    {
        public override Hashed Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, Hashed value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
    }

    private sealed class Clock
    {
        public string? Name { get; set; }

        public string Fresh => $"{Name} {Guid.NewGuid()}";
    }

    private sealed class Ignoring
    {
        private string? _manual;

        [JsonInclude]
        [JsonIgnore]
        public string? Cache;

        public string? Name { get; set; }

        [JsonIgnore]
        public string? Password { get; set; }

        [JsonIgnore]
        public string? Manual
        {
            get => _manual;
            set => _manual = value;
        }
    }

    [JsonDerivedType(typeof(Circle), "circle")]
    private class Shape;

    private sealed class Circle : Shape
    {
        public int Radius { get; set; }
    }

    private sealed class Extensible
    {
        public string? Name { get; set; }

        [JsonExtensionData]
        public Dictionary<string, JsonElement>? More { get; set; }
    }

    private sealed class Node
    {
        public string? Name { get; set; }

        public Node? Next { get; set; }
    }
}
