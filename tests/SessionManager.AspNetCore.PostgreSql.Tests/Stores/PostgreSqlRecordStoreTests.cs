using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Stores;

/// <summary>The contract of stores over PostgreSQL.</summary>
public sealed class PostgreSqlRecordStoreTests(Servers servers) : SessionStoreConformance, IAsyncLifetime
{
    private RecordDatabase? _database;

    protected override Capability<ISessionRecordStore> SecondStore => Capability.Of(CreateStore(LongTimeout));

    protected override Capability<ISessionStoreProbe> Probe => Capability.Of((ISessionStoreProbe)Store);

    protected override Capability<IMediumFaults> Faults => Capability.Of<IMediumFaults>(Database.Proxy);

    protected override Capability<IMediumTimes> Times => Capability.Of<IMediumTimes>(new RecordTimes(Database));

    protected override Capability<IMediumDamage> Damage => Capability.Of<IMediumDamage>(Database);

    protected override Capability<IMediumEviction> Eviction =>
        Capability.Missing<IMediumEviction>("The index is a column of the record.");

    private RecordDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = new RecordDatabase(await servers.GetAsync());
        // Makes the tables, which is a write too.
        await CreateStore(LongTimeout).LoadAsync(Guid.NewGuid(), TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => Database.CreateStore(ioTimeout);
}
