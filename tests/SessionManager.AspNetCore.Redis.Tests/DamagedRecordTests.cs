using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Records that somebody else has damaged are no session, an event in the log, and never an error.</summary>
public sealed class DamagedRecordTests(Servers servers) : IAsyncLifetime
{
    private const int RecordRejected = 14;
    private const int NewerRecord = 15;

    private readonly NodeOptions _options = new();
    private RedisServer _server = null!;
    private App _node = null!;
    private Browser _browser = null!;
    private ConnectionMultiplexer _connection = null!;
    private RedisKey _key;

    private IDatabase Database => _connection.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        _server = await servers.GetAsync(ServerKind.Redis);
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration);
        _node = await Node.StartAsync(_server, _options);
        _browser = _node.NewBrowser();
        await _browser.DoAsync("/value?key=a&value=1");
        await _browser.DoAsync("/sign-in", new Entry("user", "ann"));
        _key = await _browser.StoreKeyAsync(_options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _node.DisposeAsync();
            await _connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_overwritten_by_a_string_is_no_session()
    {
        await Database.StringSetAsync(_key, "something else");
        await AssertNoSessionAsync(RecordRejected);
        Assert.Equal("something else", await Database.StringGetAsync(_key));
    }

    [Fact]
    public async Task A_key_overwritten_by_a_list_is_no_session()
    {
        await Database.KeyDeleteAsync(_key);
        await Database.ListLeftPushAsync(_key, "something else");
        await AssertNoSessionAsync(RecordRejected);
    }

    [Theory]
    [InlineData("v")]
    [InlineData("l")]
    [InlineData("0")]
    [InlineData("1")]
    public async Task A_record_with_a_field_missing_is_no_session(string field)
    {
        await Database.HashDeleteAsync(_key, field);
        await AssertNoSessionAsync(RecordRejected);
    }

    [Theory]
    [InlineData("v", "")]
    [InlineData("v", "one")]
    [InlineData("v", "0")]
    [InlineData("v", "1.5")]
    [InlineData("v", "99999999999999999999")]
    [InlineData("l", "")]
    [InlineData("l", "yesterday")]
    [InlineData("l", "-9223372036854775808")]
    [InlineData("0", "")]
    [InlineData("0", "short")]
    [InlineData("0", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("1", "")]
    [InlineData("1", "short")]
    public async Task A_record_with_a_damaged_field_is_no_session(string field, string value)
    {
        await Database.HashSetAsync(_key, field, value);
        await AssertNoSessionAsync(RecordRejected);
    }

    [Fact]
    public async Task A_record_with_a_bit_of_its_header_turned_is_no_session()
    {
        var header = (byte[])(await Database.HashGetAsync(_key, "1"))!;
        header[^1] ^= 1;
        await Database.HashSetAsync(_key, "1", header);
        await AssertNoSessionAsync(RecordRejected);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(0, 10)]
    [InlineData(18, 2)]
    public async Task A_record_of_a_newer_version_is_no_session_here_and_is_left_alone(int at, byte version)
    {
        // The format of the record, or that of the header behind the columns.
        var first = (byte[])(await Database.HashGetAsync(_key, "0"))!;
        first[at] = version;
        await Database.HashSetAsync(_key, [new HashEntry("0", first), new HashEntry("zz", "a field of the future")]);
        var before = await Database.KeyDumpAsync(_key);
        _node.Clock.Advance(TimeSpan.FromMinutes(5));

        await AssertNoSessionAsync(NewerRecord);

        Assert.Equal(before, await Database.KeyDumpAsync(_key));
    }

    [Fact]
    public async Task A_field_we_do_not_know_is_left_alone()
    {
        await Database.HashSetAsync(_key, "zz", "theirs");

        await _browser.DoAsync("/value?key=a&value=2");
        await _browser.DoAsync("/rotate");

        Assert.Equal("ann", await _browser.ReadAsync("/me"));
        Assert.Equal("theirs", await Database.HashGetAsync(_key, "zz"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u007fdamaged")]
    public async Task A_damaged_value_counts_as_absent_and_can_be_replaced(string damaged)
    {
        await Database.HashSetAsync(_key, ":a", damaged);

        Assert.Equal("nothing", await _browser.ReadAsync("/value?key=a"));
        Assert.Equal("ann", await _browser.ReadAsync("/me"));
        await _browser.DoAsync("/value?key=a&value=new");
        Assert.Equal("new", await _browser.ReadAsync("/value?key=a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u007fdamaged")]
    public async Task A_damaged_value_counts_as_absent_to_an_update_too(string damaged)
    {
        await Database.HashSetAsync(_key, ":a", damaged);

        await _browser.PostAsync("/append?key=a").WaitAsync(TimeSpan.FromSeconds(5));

        Assert.Equal("+", await _browser.ReadAsync("/value?key=a"));
    }

    private async Task AssertNoSessionAsync(int logEvent)
    {
        var events = _node.Logs.CountOf(logEvent);
        var dead = _browser.Clone();

        Assert.Equal("nobody", await _browser.ReadAsync("/me"));
        Assert.Equal(events + 1, _node.Logs.CountOf(logEvent));
        Assert.Equal("plain", await _browser.ReadAsync("/plain"));
        Assert.Empty(await _browser.KeysAsync());

        await _browser.DoAsync("/sign-in", new Entry("user", "bob"));
        Assert.NotEqual(dead.Token, _browser.Token);
        Assert.Equal("bob", await _browser.ReadAsync("/me"));
        Assert.Equal("nobody", await dead.ReadAsync("/me"));
    }
}
