using System.Globalization;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Sqlite.Tests.Stores;

public sealed class SqliteRecordStoreTests : SessionStoreConformance, IMediumDamage, IMediumTimes, IDisposable
{
    private readonly SessionDatabase _database = new();

    protected override Capability<ISessionRecordStore> SecondStore => Capability.Of(CreateStore(LongTimeout));

    protected override Capability<ISessionStoreProbe> Probe => Capability.Of((ISessionStoreProbe)Store);

    protected override Capability<IMediumFaults> Faults => Capability.Of<IMediumFaults>(_database.Faults);

    protected override Capability<IMediumTimes> Times => Capability.Of<IMediumTimes>(this);

    protected override Capability<IMediumDamage> Damage => Capability.Of<IMediumDamage>(this);

    protected override Capability<IMediumEviction> Eviction =>
        Capability.Missing<IMediumEviction>("The index is a column of the record.");

    public void Dispose() => _database.Dispose();

    public Task DamageAsync(Guid id)
    {
        _database.Execute("UPDATE session_records SET last_seen_at = 9223372036854775807 WHERE id = $id", id);
        return Task.CompletedTask;
    }

    public Task MakeNewerAsync(Guid id)
    {
        _database.Execute("UPDATE session_records SET kind = 2 WHERE id = $id", id);
        return Task.CompletedTask;
    }

    // The time of a write is not stored. In the suite, the last use is at most a few minutes later.
    public Task<TimeSpan?> ReadRecordAsync(Guid id)
    {
        var left = _database.Execute("SELECT keep_until - last_seen_at FROM session_records WHERE id = $id", id);
        return Task.FromResult<TimeSpan?>(
            TimeSpan.FromMilliseconds(Convert.ToInt64(left, CultureInfo.InvariantCulture)));
    }

    public Task<TimeSpan?> ReadIndexAsync(string userId) => Task.FromResult<TimeSpan?>(null);

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => _database.CreateStore(ioTimeout);
}
