using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.StoreConformance;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The store contract over a server that speaks the Redis protocol.</summary>
public abstract class RedisStoreConformance(Servers servers, ServerKind kind) : SessionRecordStoreConformance, ISessionStoreMedium, IAsyncLifetime
{
    private readonly string _prefix = $"conformance-{Guid.NewGuid():N}:";
    private readonly List<ServiceProvider> _providers = [];
    private ConnectionMultiplexer? _connection;
    private FaultyRedis? _faults;

    protected override ISessionStoreMedium? Medium => this;

    protected override ISessionStoreFaults? Faults => _faults;

    private IDatabase Database => _connection!.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        var server = await servers.GetAsync(kind);
        _connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        _faults = new FaultyRedis(_connection);
    }

    public async ValueTask DisposeAsync()
    {
        _faults?.Heal();
        foreach (var provider in _providers)
        {
            await provider.DisposeAsync();
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    public Task<IReadOnlyCollection<string>> ListKeysAsync() => ListAsync(static key => !IsNote(key));

    public Task<IReadOnlyCollection<string>> ListNoteKeysAsync() => ListAsync(IsNote);

    public Task<TimeSpan?> ReadTimeToLiveAsync(string key) => Database.KeyTimeToLiveAsync(key);

    public async Task<byte[]> ReadAsync(string key)
    {
        using var all = new MemoryStream();
        foreach (var entry in (await Database.HashGetAllAsync(key)).OrderBy(entry => entry.Name.ToString(), StringComparer.Ordinal))
        {
            all.Write(Encoding.UTF8.GetBytes($"{entry.Name}="));
            all.Write((byte[])entry.Value!);
        }

        return all.ToArray();
    }

    public async Task DamageAsync(Guid id)
    {
        var field = await Database.HashExistsAsync(KeyOf(id), "e") ? "e" : "s";
        await Database.HashSetAsync(KeyOf(id), field, "damaged");
    }

    public Task MakeNewerAsync(Guid id) => Database.HashSetAsync(KeyOf(id), "f", 2.ToString(CultureInfo.InvariantCulture));

    public Task EvictAsync(Guid id) => Database.KeyDeleteAsync(KeyOf(id));

    // The notes are complete: there is nothing unlisted to revoke.
    protected override bool CallsMedium(StoreOperation operation) => operation is not (StoreOperation.RevokeUnlisted or StoreOperation.EraseUnlisted);

    protected override ISessionRecords CreateStore(SessionLifetime lifetime, TimeSpan ioTimeout)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(lifetime);
        services.AddSessionManager(options => options.IOTimeout = ioTimeout).AddRedisStore(options =>
        {
            options.ConnectionMultiplexerFactory = () => Task.FromResult(_faults!.Connection);
            options.KeyPrefix = _prefix;
        });
        var provider = services.BuildServiceProvider();
        _providers.Add(provider);
        return provider.GetRequiredService<ISessionRecords>();
    }

    private static bool IsNote(string key) => key.Contains(":list:", StringComparison.Ordinal) || key.Contains(":user:", StringComparison.Ordinal);

    private async Task<IReadOnlyCollection<string>> ListAsync(Func<string, bool> isAsked)
    {
        var keys = new List<string>();
        await foreach (var key in _connection!.GetServers()[0].KeysAsync(pageSize: 1000))
        {
            if (key.ToString().StartsWith(_prefix, StringComparison.Ordinal) && isAsked(key.ToString()))
            {
                keys.Add(key.ToString());
            }
        }

        return keys;
    }

    private RedisKey KeyOf(Guid id) => $"{_prefix}{id:N}";
}
