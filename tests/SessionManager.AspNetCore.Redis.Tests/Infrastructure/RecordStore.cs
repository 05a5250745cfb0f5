using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Stores;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A store of records on a server, under keys of its own, and the writes that tests send to it.</summary>
internal sealed class RecordStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly ConnectionMultiplexer _connection;
    // At the start of an hour, so that a few minutes more are never a shelf of the list more.
    private DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(
        DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 3600 * 3600);

    private RecordStore(
        ConnectionMultiplexer connection,
        string prefix,
        RecordFaults? faults = null,
        TimeSpan? timeout = null,
        IConnectionMultiplexer? through = null,
        Action<RedisStoreOptions>? configure = null)
    {
        (_connection, Prefix, Faults) = (connection, prefix, faults ?? new RecordFaults(connection));
        var services = new ServiceCollection().AddLogging();
        services.AddSessionManager(options => options.IOTimeout = timeout ?? TimeSpan.FromSeconds(5))
            .AddRedisStore(options =>
            {
                options.ConnectionMultiplexerFactory = () => Task.FromResult(through ?? Faults.Connection);
                options.KeyPrefix = prefix;
                configure?.Invoke(options);
            })
            .AddSessionStore<RedisRecordStore>();
        _services = services.BuildServiceProvider();
    }

    /// <summary>What lies between the store and the server.</summary>
    public RecordFaults Faults { get; }

    public string Prefix { get; }

    public ISessionRecordStore Store => _services.GetRequiredService<ISessionRecordStore>();

    public IDatabase Database => _connection.GetDatabase();

    public DateTimeOffset Now => _now;

    /// <summary>How long a record is kept after its last use.</summary>
    public TimeSpan Kept { get; set; } = TimeSpan.FromMinutes(40);

    public static Task<RecordStore> ConnectAsync(RedisServer server, string? prefix = null) =>
        ConnectAsync(server.Configuration, prefix);

    public static async Task<RecordStore> ConnectAsync(
        string configuration,
        string? prefix = null,
        TimeSpan? timeout = null,
        Action<RedisStoreOptions>? configure = null)
    {
        var options = ConfigurationOptions.Parse(configuration);
        (options.AllowAdmin, options.BacklogPolicy) = (true, BacklogPolicy.FailFast);
        return new RecordStore(
            await ConnectionMultiplexer.ConnectAsync(options),
            prefix ?? $"records-{Guid.NewGuid():N}:",
            faults: null,
            timeout,
            configure: configure);
    }

    /// <summary>A store that sends its commands through another connection.</summary>
    public static RecordStore Over(ConnectionMultiplexer connection, IConnectionMultiplexer through) =>
        new(connection, $"records-{Guid.NewGuid():N}:", through: through);

    /// <summary>Another store over the same keys and faults, which shares no memory with this one.</summary>
    public RecordStore Another(TimeSpan? timeout = null, Action<RedisStoreOptions>? configure = null) =>
        new(_connection, Prefix, Faults, timeout, configure: configure);

    public RedisKey KeyOf(Guid id) => $"{Prefix}{id:N}";

    public void Advance(TimeSpan time) => _now += time;

    /// <summary>All keys of this store.</summary>
    public async Task<List<string>> KeysAsync()
    {
        var keys = new List<string>();
        foreach (var server in _connection.GetServers())
        {
            await foreach (var key in server.KeysAsync(pattern: $"{Prefix}*", pageSize: 1000))
            {
                keys.Add(key.ToString());
            }
        }

        return keys;
    }

    /// <summary>A write that begins a session.</summary>
    public SessionWrite Begin(string? user = null, Guid? id = null, params (string Key, byte[]? Value)[] values) =>
        Write(id ?? Guid.NewGuid(), expected: 0, user, _now, values);

    /// <summary>A write that sets values of a session, and changes nothing else.</summary>
    public SessionWrite Change(
        StoredSession session, string? user = null, params (string Key, byte[]? Value)[] values) =>
        Write(session.Id, session.Version, user, session.StartedAt, values, movesIndex: false);

    public SessionWrite Write(
        Guid id,
        long expected,
        string? user,
        DateTimeOffset startedAt,
        (string Key, byte[]? Value)[]? values = null,
        bool movesIndex = true,
        bool isTombstone = false,
        int headerBytes = 70,
        bool keepsHeader = false,
        bool dropsValues = false) => new()
        {
            Id = id,
            ExpectedVersion = expected,
            NewVersion = Random.Shared.NextInt64(1, long.MaxValue),
            Header = Bytes(headerBytes),
            KeepsHeader = keepsHeader,
            LastSeenAt = _now,
            UserId = user,
            StartedAt = startedAt,
            MovesIndex = movesIndex,
            IsTombstone = isTombstone,
            DropsValues = isTombstone || dropsValues,
            Now = _now,
            KeepUntil = _now + Kept,
            IndexUntil = startedAt + TimeSpan.FromHours(25),
            Values = (values ?? []).ToDictionary(
                static it => it.Key,
                static it => it.Value is null ? (ReadOnlyMemory<byte>?)null : it.Value,
                StringComparer.Ordinal),
        };

    public SessionTouch Touch(StoredSession session, string? user = null) => new()
    {
        Id = session.Id,
        NewVersion = Random.Shared.NextInt64(1, long.MaxValue),
        LastSeenAt = _now,
        KeepUntil = _now + Kept,
        UserId = user,
        StartedAt = session.StartedAt,
        IndexUntil = session.StartedAt + TimeSpan.FromHours(25),
    };

    /// <summary>Begins a session, and loads it.</summary>
    public async Task<StoredSession> BeginAsync(string? user = null, params (string Key, byte[]? Value)[] values)
    {
        var write = Begin(user, null, values);
        Assert.True((await Store.WriteAsync(write)).IsSwapped);
        return (await Store.LoadAsync(write.Id))!;
    }

    public async ValueTask DisposeAsync()
    {
        await Faults.HealAsync();
        await _services.DisposeAsync();
        await _connection.DisposeAsync();
    }

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }
}
