using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A value is written when it is stored: later changes of the object don't count, and what can't be written is refused there.</summary>
public sealed class ValueStorageTests : IAsyncLifetime
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
    public async Task Changing_an_object_after_it_was_stored_does_not_change_the_session()
    {
        await _app.RunAsync(_browser, session =>
        {
            var cart = new List<string> { "tea" };
            session.StoreValue("cart", cart);
            cart.Add("mug");
            Assert.Equal(["tea"], session.GetValue<List<string>>("cart"));
        });

        Assert.Equal(["tea"], await _app.RunAsync(_browser, session => session.GetValue<List<string>>("cart")));
    }

    [Fact]
    public async Task Changing_an_object_that_was_read_does_not_change_the_session()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("cart", new List<string> { "tea" }));

        await _app.RunAsync(_browser, session =>
        {
            session.GetValue<List<string>>("cart")!.Add("mug");
            Assert.Equal(["tea"], session.GetValue<List<string>>("cart"));
            session.StoreValue("other", 1);
        });

        Assert.Equal(["tea"], await _app.RunAsync(_browser, session => session.GetValue<List<string>>("cart")));
    }

    [Fact]
    public async Task Changing_a_byte_array_after_it_was_stored_does_not_change_the_session()
    {
        await _app.RunAsync(_browser, (manager, session) =>
        {
            byte[] bytes = [1, 2, 3];
            manager.StoreValue("manager", bytes);
            session.Set("session", bytes);
            bytes[0] = 9;
            Assert.Equal([1, 2, 3], manager.GetValue<byte[]>("manager"));
            Assert.Equal([1, 2, 3], manager.GetValue<byte[]>("session"));
        });

        await AssertBytesAsync();
    }

    [Fact]
    public async Task Changing_a_byte_array_that_was_read_does_not_change_the_session()
    {
        await _app.RunAsync(_browser, (manager, session) =>
        {
            manager.StoreValue("manager", new byte[] { 1, 2, 3 });
            session.Set("session", [1, 2, 3]);
            Overwrite(manager, session);
        });
        await AssertBytesAsync();

        await _app.RunAsync(_browser, (manager, session) =>
        {
            Overwrite(manager, session);
            manager.StoreValue("other", 1);
        });
        await AssertBytesAsync();
    }

    [Fact]
    public Task A_delegate_can_not_be_stored() => AssertNotStorableAsync<Action>(() => { });

    [Fact]
    public async Task A_stream_can_not_be_stored()
    {
        using var stream = new MemoryStream([1, 2, 3]);
        await AssertNotStorableAsync<Stream>(stream);
        await AssertNotStorableAsync<object>(stream);
    }

    [Fact]
    public async Task A_graph_with_a_cycle_can_not_be_stored()
    {
        var node = new Node();
        node.Next = new Node { Next = node };
        await AssertNotStorableAsync(node);
    }

    [Fact]
    public async Task Numbers_that_json_does_not_have_can_not_be_stored()
    {
        await AssertNotStorableAsync(double.NaN);
        await AssertNotStorableAsync(double.PositiveInfinity);
        await AssertNotStorableAsync(float.NegativeInfinity);
        await AssertNotStorableAsync<List<double>>([1, double.NaN]);
    }

    [Fact]
    public async Task Types_that_name_code_can_not_be_stored()
    {
        await AssertNotStorableAsync(typeof(string));
        await AssertNotStorableAsync<object>(typeof(string));
        await AssertNotStorableAsync((nint)1);
    }

    [Fact]
    public Task Json_that_was_never_parsed_can_not_be_stored() => AssertNotStorableAsync(default(JsonElement));

    [Fact]
    public Task An_object_whose_property_throws_can_not_be_stored() => AssertNotStorableAsync(new Thrower("Not now."));

    [Fact]
    public async Task Half_a_surrogate_pair_can_not_be_stored_as_text()
    {
        await AssertNotStorableAsync("\ud83d");
        await AssertNotStorableAsync("a\ude00b");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task Json_nested_deeper_than_it_could_be_read_can_not_be_stored(int depth)
    {
        var json = new string('[', depth) + new string(']', depth);
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json), new JsonDocumentOptions { MaxDepth = depth });
        await AssertNotStorableAsync(document.RootElement);
    }

    [Fact]
    public async Task Json_with_duplicate_properties_is_stored_only_if_it_can_be_read_back()
    {
        using var document = JsonDocument.Parse("""{"name":"tea","name":"gold"}""");
        await AssertNotStorableAsync(document.RootElement);
    }

    [Fact]
    public async Task A_value_that_could_not_be_stored_leaves_the_one_before()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("key", "before"));

        await _app.RunAsync(_browser, session =>
        {
            Assert.Throws<SessionValueException>(() => session.StoreValue("key", double.NaN));
            Assert.Equal("before", session.GetValue<string>("key"));
        });

        Assert.Equal("before", await _app.RunAsync(_browser, session => session.GetValue<string>("key")));
    }

    [Fact]
    public async Task Not_storable_alone_begins_no_session()
    {
        await _app.RunAsync(_browser, session => Assert.Throws<SessionValueException>(() => session.StoreValue("key", double.NaN)));

        Assert.Null(_browser.Token);
    }

    [Fact]
    public async Task An_update_that_returns_what_can_not_be_stored_changes_nothing()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("key", 1.5));

        await _app.RunAsync(_browser, async (session, _) =>
            await Assert.ThrowsAsync<SessionValueException>(
                () => session.UpdateValueAsync<double>("key", _ => double.NaN, TestContext.Current.CancellationToken).AsTask()));

        Assert.Equal(1.5, await _app.RunAsync(_browser, session => session.GetValue<double>("key")));
    }

    [Fact]
    public async Task A_json_node_reads_back()
    {
        await _app.RunAsync(_browser, session => session.StoreValue("node", JsonNode.Parse("""{"a":[1,null]}""")));

        Assert.Equal("""{"a":[1,null]}""", await _app.RunAsync(_browser, session => session.GetValue<JsonNode>("node")!.ToJsonString()));
    }

    private static void Overwrite(ISessionManager manager, Microsoft.AspNetCore.Http.ISession session)
    {
        manager.GetValue<byte[]>("manager")![0] = 9;
        Assert.True(session.TryGetValue("session", out var bytes));
        bytes[0] = 9;
        Assert.True(session.TryGetValue("manager", out bytes));
        bytes[0] = 9;
    }

    private async Task AssertBytesAsync() => await _app.RunAsync(_browser, (manager, _) =>
    {
        Assert.Equal([1, 2, 3], manager.GetValue<byte[]>("manager"));
        Assert.Equal([1, 2, 3], manager.GetValue<byte[]>("session"));
    });

    /// <summary>The exception names the key, the session does not have it, and the request's other changes are saved.</summary>
    private async Task AssertNotStorableAsync<T>(T value)
    {
        await _app.RunAsync(_browser, session =>
        {
            session.StoreValue("before", 1);
            var exception = Assert.Throws<SessionValueException>(() => session.StoreValue("some key", value));
            Assert.Contains("'some key'", exception.Message, StringComparison.Ordinal);
            session.StoreValue("after", 2);
            Assert.Equal(["after", "before"], session.Keys.Order(StringComparer.Ordinal));
        });

        Assert.Equal(["after", "before"], await _app.RunAsync(_browser, session => session.Keys.Order(StringComparer.Ordinal).ToArray()));
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed class Thrower(string reason)
    {
        public string Name => throw new InvalidOperationException(reason);
    }
}
