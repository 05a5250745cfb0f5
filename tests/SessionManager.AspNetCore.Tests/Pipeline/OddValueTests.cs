using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Collections.Specialized;
using System.Data;
using System.Dynamic;
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Numerics;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.Extensions.Primitives;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Types that nobody should store: each comes back equal or is refused, and none is quietly something else.</summary>
public sealed class OddValueTests : IAsyncLifetime
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
    public async Task Numbers_and_texts()
    {
        await AssertKeptAsync((Half)0.1);
        await AssertKeptAsync(-0.0, (stored, read) => double.IsNegative(stored) == double.IsNegative(read));
        await AssertKeptAsync(1.50m, (stored, read) => stored.ToString(CultureInfo.InvariantCulture) == read.ToString(CultureInfo.InvariantCulture));
        await AssertKeptAsync(Int128.MinValue);
        await AssertKeptAsync(UInt128.MaxValue);
        await AssertKeptAsync('\0');
        await AssertKeptAsync(new Version(1, 2, 3));
        await AssertKeptAsync(new Uri("https://Ann.example/a b#me"), (stored, read) => stored.OriginalString == read.OriginalString);
        await AssertKeptAsync(new Uri("/a", UriKind.Relative), (stored, read) => stored.OriginalString == read.OriginalString && !read.IsAbsoluteUri);
        await AssertKeptAsync(new Vector3(1, 2, 3));
        await AssertKeptAsync(Matrix3x2.Identity);
        await AssertKeptOrRefusedAsync(BigInteger.Parse("123456789012345678901234567890", CultureInfo.InvariantCulture));
        await AssertKeptOrRefusedAsync(new Complex(1, 2));
        await AssertKeptOrRefusedAsync(new Rune('a'));
        await AssertKeptOrRefusedAsync(new Index(1, fromEnd: true));
        await AssertKeptOrRefusedAsync(1..2);
        await AssertKeptOrRefusedAsync(System.Drawing.Color.Red);
        await AssertKeptOrRefusedAsync(new System.Drawing.Point(1, 2));
        await AssertKeptOrRefusedAsync(new StringBuilder("abc"), (stored, read) => stored.Equals(read));
        await AssertKeptOrRefusedAsync(new StringValues(["a", "b"]));
        await AssertKeptOrRefusedAsync(CultureInfo.InvariantCulture);
        await AssertKeptOrRefusedAsync(Encoding.UTF8);
        await AssertKeptOrRefusedAsync(new Regex("a", RegexOptions.None, TimeSpan.FromSeconds(1)), (stored, read) => stored.ToString() == read.ToString());
    }

    [Fact]
    public async Task Times_and_places()
    {
        await AssertKeptAsync(DateTime.Now, (stored, read) => stored.Kind == read.Kind && stored == read);
        await AssertKeptAsync(new DateTime(2026, 1, 2), (stored, read) => stored.Kind == read.Kind && stored == read);
        await AssertKeptAsync(DateTimeOffset.MaxValue, (stored, read) => stored.EqualsExact(read));
        await AssertKeptAsync(TimeSpan.MinValue);
        await AssertKeptAsync(TimeOnly.MaxValue);
        await AssertKeptAsync(DateOnly.MinValue);
        await AssertKeptOrRefusedAsync(TimeZoneInfo.Utc);
        await AssertKeptOrRefusedAsync(IPAddress.Loopback);
        await AssertKeptOrRefusedAsync(new IPEndPoint(IPAddress.Loopback, 80));
        await AssertKeptOrRefusedAsync(new DnsEndPoint("example", 80));
        await AssertKeptOrRefusedAsync(new MailAddress("ann@example.com"));
        await AssertKeptOrRefusedAsync(new PathString("/a"));
        await AssertKeptOrRefusedAsync(new QueryString("?a=b"));
        await AssertKeptOrRefusedAsync(new Cookie("a", "b"), (stored, read) => stored.TimeStamp == read.TimeStamp && stored.Equals(read));
    }

    [Fact]
    public async Task Collections()
    {
        await AssertItemsAsync(new Queue<int>([1, 2]));
        await AssertItemsAsync(new Stack<int>([1, 2]));
        await AssertItemsAsync(new LinkedList<int>([1, 2]));
        await AssertItemsAsync(new ConcurrentQueue<int>([1, 2]));
        await AssertItemsAsync(new ConcurrentStack<int>([1, 2]));
        await AssertItemsAsync(new ConcurrentBag<int>([1, 2]));
        await AssertItemsAsync(new ConcurrentDictionary<string, int> { ["a"] = 1, ["b"] = 2 });
        await AssertItemsAsync(ImmutableArray.Create(1, 2));
        await AssertItemsAsync(ImmutableList.Create(1, 2));
        await AssertItemsAsync(ImmutableStack.Create(1, 2));
        await AssertItemsAsync(ImmutableDictionary<string, int>.Empty.Add("a", 1).WithComparers(StringComparer.OrdinalIgnoreCase));
        await AssertItemsAsync(FrozenSet.ToFrozenSet([1, 2]));
        await AssertItemsAsync(new SortedDictionary<int, string> { [2] = "b", [1] = "a" });
        await AssertItemsAsync(new OrderedDictionary<string, int> { ["b"] = 1, ["a"] = 2 });
        await AssertItemsAsync(new ReadOnlyCollection<int>([1, 2]));
        await AssertItemsAsync(new ObservableCollection<int>([1, 2]));
        await AssertItemsAsync(new ArraySegment<int>([1, 2, 3], 1, 1));
        await AssertItemsAsync(new Dictionary<DateOnly, int> { [DateOnly.MinValue] = 1 });
        await AssertItemsAsync(new Dictionary<(int, int), int> { [(1, 2)] = 1 });
        await AssertItemsAsync(new int[][] { [1], [2, 3] });
        await AssertItemsAsync(new int[1, 2]);
        await AssertItemsAsync(new ArrayList { "a" });
        await AssertItemsAsync(new Hashtable { ["a"] = 1 });
        await AssertItemsAsync(new BitArray([true, false]));
        await AssertItemsAsync(new NameValueCollection { ["a"] = "b" });
        await AssertItemsAsync(new StringDictionary { ["a"] = "b" });
        await AssertItemsAsync<IEnumerable>(new[] { "a" }.GroupBy(text => text.Length));
        await AssertItemsAsync(Enumerable.Range(1, 2).Select(number => number * 2));
        await AssertItemsAsync(new[] { 1, 2 }.AsQueryable());
        await AssertItemsAsync<ICollection<int>>(new HashSet<int> { 1, 2 });
        await AssertKeptOrRefusedAsync(new PriorityQueue<string, int>([("a", 1)]), (stored, read) => stored.Count == read.Count);
        await AssertKeptOrRefusedAsync(new KeyValuePair<string, int>("a", 1));
        await AssertKeptOrRefusedAsync(default(ImmutableArray<int>));
    }

    [Fact]
    public async Task Things_that_are_no_data()
    {
        await AssertKeptOrRefusedAsync(new ExpandoObject(), (stored, read) => stored.SequenceEqual(read));
        dynamic expando = new ExpandoObject();
        expando.Name = "a";
        await AssertKeptOrRefusedAsync<ExpandoObject>(expando, (Func<ExpandoObject, ExpandoObject, bool>)((stored, read) => stored.SequenceEqual(read)));
        await AssertKeptOrRefusedAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim("a", "b")], "test")), (stored, read) => read.HasClaim("a", "b"));
        await AssertKeptOrRefusedAsync(new Claim("a", "b"), (stored, read) => stored.ToString() == read.ToString());
        await AssertKeptOrRefusedAsync(new InvalidOperationException("a"), (stored, read) => stored.Message == read.Message);
        await AssertKeptOrRefusedAsync(new DataTable("a"), (stored, read) => stored.TableName == read.TableName);
        await AssertKeptOrRefusedAsync(new CancellationToken(canceled: true));
        await AssertKeptOrRefusedAsync(new WeakReference<string>("a"));
        await AssertKeptOrRefusedAsync(new Random(1), (_, _) => false);
        await AssertKeptOrRefusedAsync(new TaskCompletionSource<int>(), (_, _) => false);
        await AssertKeptOrRefusedAsync(new AsyncLocal<int> { Value = 7 }, (stored, read) => stored.Value == read.Value);
        await AssertKeptOrRefusedAsync(new ThreadLocal<int>(() => 7), (stored, read) => stored.Value == read.Value);
        await AssertKeptOrRefusedAsync(new HttpClient(), (_, _) => false);
        await AssertKeptOrRefusedAsync(new Progress<int>(_ => { }), (_, _) => false);
        await AssertKeptOrRefusedAsync(new StringReader("a"), (_, _) => false);
        await AssertKeptOrRefusedAsync(new DefaultHttpContext(), (_, _) => false);
        await AssertKeptOrRefusedAsync(DBNull.Value);
        await AssertKeptOrRefusedAsync(new JsonSerializerOptions { MaxDepth = 7 }, (stored, read) => stored.MaxDepth == read.MaxDepth);
    }

    [Fact]
    public async Task Data_of_the_framework()
    {
        await AssertKeptAsync(new ProblemDetails { Title = "a", Status = 400 }, (stored, read) => (stored.Title, stored.Status) == (read.Title, read.Status));
        await AssertKeptAsync(new SelectListItem("a", "b", selected: true), (stored, read) => (stored.Text, stored.Value, stored.Selected) == (read.Text, read.Value, read.Selected));
        await AssertKeptAsync(JsonSerializer.SerializeToElement(1.0), JsonElement.DeepEquals);
        await AssertKeptAsync(new JsonObject { ["a"] = 1 }, JsonNode.DeepEquals);
        await AssertKeptOrRefusedAsync(JsonValue.Create("\ud83d"), JsonNode.DeepEquals);
        await AssertKeptAsync(new { Name = "a", Lines = new[] { (1, 2) } }, (stored, read) => stored.Name == read.Name && stored.Lines.SequenceEqual(read.Lines));
    }

    private Task<bool> AssertItemsAsync<T>(T value)
        where T : IEnumerable =>
        AssertKeptOrRefusedAsync(value, (stored, read) => stored.Cast<object>().SequenceEqual(read.Cast<object>())
            || stored.Cast<object>().Zip(read.Cast<object>()).All(pair => pair.First is IEnumerable left && left.Cast<object>().SequenceEqual(((IEnumerable)pair.Second).Cast<object>())));

    private async Task AssertKeptAsync<T>(T value, Func<T, T, bool>? equal = null) =>
        Assert.True(await AssertKeptOrRefusedAsync(value, equal), $"'{typeof(T)}' was refused.");

    private async Task<bool> AssertKeptOrRefusedAsync<T>(T value, Func<T, T, bool>? equal = null) => await _app.RunAsync(_browser, session =>
    {
        session.RemoveValue("value");
        try
        {
            session.StoreValue("value", value);
        }
        catch (SessionValueException)
        {
            Assert.False(session.TryGetValue<T>("value", out _));
            return false;
        }

        Assert.True((equal ?? EqualityComparer<T>.Default.Equals)(value, session.GetValue<T>("value")!), $"'{typeof(T)}' came back as something else.");
        return true;
    });
}
