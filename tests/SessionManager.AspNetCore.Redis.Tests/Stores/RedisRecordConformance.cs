using SessionManager.AspNetCore.Redis.Stores;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The contract of stores over a server that speaks the Redis protocol.</summary>
public abstract class RedisRecordConformance(
    Servers servers, ServerKind kind, Action<RedisStoreOptions>? configure = null)
    : SessionStoreConformance, IAsyncLifetime, IMediumTimes, IMediumDamage, IMediumEviction
{
    private readonly List<RecordStore> _others = [];
    private RecordStore? _records;

    protected override Capability<ISessionRecordStore> SecondStore => Capability.Of(CreateStore(LongTimeout));

    protected override Capability<ISessionStoreProbe> Probe => Capability.Of((ISessionStoreProbe)Store);

    protected override Capability<IMediumFaults> Faults => Capability.Of<IMediumFaults>(_records!.Faults);

    protected override Capability<IMediumTimes> Times => Capability.Of<IMediumTimes>(this);

    protected override Capability<IMediumDamage> Damage => Capability.Of<IMediumDamage>(this);

    protected override Capability<IMediumEviction> Eviction => Capability.Of<IMediumEviction>(this);

    public async ValueTask InitializeAsync() => _records = await RecordStore.ConnectAsync(await servers.GetAsync(kind));

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }

        if (_records is not null)
        {
            await _records.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    public Task<TimeSpan?> ReadRecordAsync(Guid id) => _records!.Database.KeyTimeToLiveAsync(_records.KeyOf(id));

    public Task<TimeSpan?> ReadIndexAsync(string userId) => _records!.Database.KeyTimeToLiveAsync(UserKey(userId));

    public Task DamageAsync(Guid id) => _records!.Database.HashDeleteAsync(_records.KeyOf(id), "v");

    public async Task MakeNewerAsync(Guid id)
    {
        var field = (byte[])(await _records!.Database.HashGetAsync(_records.KeyOf(id), "0"))!;
        field[0]++;
        await _records.Database.HashSetAsync(
            _records.KeyOf(id), [new HashEntry("0", field), new HashEntry("v2", "a field of the future")]);
        await _records.Database.HashDeleteAsync(_records.KeyOf(id), "v");
    }

    public Task EvictIndexAsync(string userId) => _records!.Database.KeyDeleteAsync(UserKey(userId));

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout)
    {
        _others.Add(_records!.Another(ioTimeout, configure));
        return _others[^1].Store;
    }

    private RedisKey UserKey(string userId) => $"{_records!.Prefix}user:{UserTag.Of(userId):x16}";
}
