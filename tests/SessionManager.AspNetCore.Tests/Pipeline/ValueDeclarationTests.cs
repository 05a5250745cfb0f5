using System.Collections;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What is stored reads back as the type it was stored as, or is refused, and the refusal names the member.</summary>
public sealed class ValueDeclarationTests : IAsyncLifetime
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
    public async Task Bytes_behind_an_interface_come_back_as_it()
    {
        await AssertSameItemsAsync<IReadOnlyList<byte>, byte>([1, 2]);
        await AssertSameItemsAsync<IEnumerable<byte>, byte>(new byte[] { 1, 2 });
        await AssertSameItemsAsync<IList<byte>, byte>(new byte[] { 1, 2 });
        await AssertSameItemsAsync<ICollection<byte>, byte>(new byte[] { 1, 2 });
        await AssertSameItemsAsync<IReadOnlyCollection<byte>, byte>(new byte[] { 1, 2 });
        await AssertSameItemsAsync<IEnumerable<char>, char>("dark");
    }

    [Fact]
    public async Task What_is_stored_as_a_type_that_can_not_be_read_is_refused()
    {
        await AssertKeptOrRefusedAsync<IEnumerable>(new byte[] { 1 });
        await AssertKeptOrRefusedAsync<Array>(new byte[] { 1 });
        await AssertKeptOrRefusedAsync<ICloneable>("dark");
        await AssertKeptOrRefusedAsync<IComparable>("dark");
        await AssertKeptOrRefusedAsync<IEquatable<string>>("dark");
        await AssertKeptOrRefusedAsync<IFormattable>(7);
        await AssertKeptOrRefusedAsync<IConvertible>(7);
        await AssertKeptOrRefusedAsync<ValueType>(7);
        await AssertKeptOrRefusedAsync<IComparable>(7);
    }

    [Fact]
    public async Task A_collection_that_objects_share_is_not_changed_by_reading_one_of_them()
    {
        var cart = new SharingCart();
        cart.Add("tea");
        Assert.Equal(["tea"], await StoreAndReadAsync(cart, read => read.Items.ToArray()));

        Assert.Equal(["default"], new SharingCart().Items);
    }

    [Fact]
    public async Task A_collection_that_is_only_got_comes_back_with_its_comparer()
    {
        var prices = new Prices();
        prices.ByName["Tea"] = 2;
        prices.Names.Add("Tea");

        Assert.Equal((2, true), await StoreAndReadAsync(prices, read => (read.ByName["TEA"], read.Names.Contains("TEA"))));
    }

    [Fact]
    public async Task A_refusal_names_the_member_that_can_not_be_written()
    {
        await AssertNamedAsync(new Line("tea", IPAddress.Loopback), "From");
        await AssertNamedAsync(new List<Line> { new("tea", null), new("mug", IPAddress.Loopback) }, "[1].From");
        await AssertNamedAsync(new Dictionary<string, Line> { ["s3cret"] = new("mug", IPAddress.Loopback) }, "[0].From");
        await AssertNamedAsync(new Holder<Line>(new("tea", IPAddress.Loopback)), "Inner.From");
        await AssertNamedAsync(new Holder<double>(double.NaN), "Inner");
        await AssertNamedAsync(new Holder<object>(double.NaN), "Inner");
        await AssertNamedAsync(new Throwing(), "Name");
        await AssertNamedAsync(new Holder<Func<int>>(() => 7), "Inner");
        await AssertNamedAsync(new Holder<Lazy<int>>(new(() => 7)), "Inner");
        await AssertNamedAsync(new Holder<Stream>(Stream.Null), "Inner");
        await AssertNamedAsync(new Holder<Dictionary<(int, int), int>>(new() { [(1, 2)] = 3 }), "Inner");
        await AssertNamedAsync(new Holder<int[,]>(new int[1, 1]), "Inner");
        await AssertNamedAsync(new Holder<Type>(typeof(int)), "Inner");
        await AssertNamedAsync(new Holder<CancellationToken>(new CancellationTokenSource().Token), "Inner");
    }

    [Fact]
    public async Task A_refusal_of_a_task_names_the_member_and_says_to_await_it()
    {
        await AssertNamedAsync(new Holder<Task<int>>(Task.FromResult(7)), "Inner", "Await it");
        await AssertNamedAsync(new Holder<Task<int>?>(null), "Inner", "Await it");
        await AssertNamedAsync(new Holder<ValueTask<int>>(default), "Inner", "Await it");
        await AssertNamedAsync(new Holder<object>(Task.FromResult(7)), "Inner", "Await it");
        await AssertNamedAsync(new Holder<Holder<Task>>(new(Task.CompletedTask)), "Inner.Inner", "Await it");
    }

    [Fact]
    public async Task State_of_a_collection_besides_its_items_is_refused_when_it_would_be_lost()
    {
        await AssertNamedAsync(new Basket("ann") { "tea" }, "_owner");
        Assert.Equal(["tea", "mug"], await StoreAndReadAsync(new Basket { "tea", "mug" }, read => read.ToArray()));
    }

    [Fact]
    public async Task Comparers_behind_a_view_or_of_values_are_not_lost()
    {
        var prices = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 };
        await AssertRefusedAsync<IReadOnlyDictionary<string, int>>(new ReadOnlyDictionary<string, int>(prices));
        await AssertRefusedAsync<IReadOnlySet<string>>(new ReadOnlySet<string>(new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "A" }));
        await AssertRefusedAsync(ImmutableDictionary.Create<string, string>(null, StringComparer.OrdinalIgnoreCase).Add("A", "x"));
        await AssertRefusedAsync<IReadOnlyDictionary<int, int>>(
            new Dictionary<int, int>(EqualityComparer<int>.Create((x, y) => x % 10 == y % 10, x => x % 10)) { [1] = 1 });
        Assert.Equal(1, await StoreAndReadAsync<IReadOnlyDictionary<string, int>, int>(
            new ReadOnlyDictionary<string, int>(new Dictionary<string, int> { ["A"] = 1 }), read => read["A"]));
    }

    private async Task AssertSameItemsAsync<T, TItem>(T value)
        where T : IEnumerable<TItem> =>
        Assert.Equal(value.ToArray(), await StoreAndReadAsync(value, read => read.ToArray()));

    private async Task<TResult> StoreAndReadAsync<T, TResult>(T value, Func<T, TResult> look)
    {
        await _app.RunAsync(_browser, session => session.StoreValue("some key", value));
        return await _app.RunAsync(_browser, session => look(session.GetValue<T>("some key")!));
    }

    private async Task AssertKeptOrRefusedAsync<T>(T value)
    {
        var isStored = await _app.RunAsync(_browser, session =>
        {
            try
            {
                return session.StoreValue("some key", value);
            }
            catch (SessionValueException)
            {
                return false;
            }
        });
        if (isStored)
        {
            Assert.Equal(value, await _app.RunAsync(_browser, session => session.GetValue<T>("some key")));
        }
    }

    private Task<SessionValueException> AssertRefusedAsync<T>(T value) =>
        _app.RunAsync(_browser, session => Assert.Throws<SessionValueException>(() => session.StoreValue("some key", value)));

    private async Task AssertNamedAsync<T>(T value, string member, string remedy = "")
    {
        var exception = await AssertRefusedAsync(value);

        Assert.Contains($"its member '{member}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    private sealed record Line(string Name, IPAddress? From);

    private sealed record Holder<T>(T Inner);

    private sealed class Throwing
    {
        private readonly Exception _fault = new FormatException();

        public string Name => throw _fault;
    }

    private sealed class SharingCart
    {
        private static readonly List<string> Defaults = ["default"];

        private List<string> _items = Defaults;

        public List<string> Items => _items;

        public void Add(string item) => _items = [item];
    }

    private sealed class Prices
    {
        private readonly Dictionary<string, int> _byName = new(StringComparer.OrdinalIgnoreCase);
        private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

        public Dictionary<string, int> ByName => _byName;

        public ICollection<string> Names => _names;
    }

    private sealed class Basket(string owner) : ICollection<string>
    {
        private readonly string _owner = owner;
        private readonly List<string> _items = [];

        public Basket()
            : this("")
        {
        }

        public int Count => _items.Count;

        public bool IsReadOnly => false;

        public bool IsOf(string name) => _owner == name;

        public void Add(string item) => _items.Add(item);

        public void Clear() => _items.Clear();

        public bool Contains(string item) => _items.Contains(item);

        public void CopyTo(string[] array, int arrayIndex) => _items.CopyTo(array, arrayIndex);

        public bool Remove(string item) => _items.Remove(item);

        public IEnumerator<string> GetEnumerator() => _items.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
