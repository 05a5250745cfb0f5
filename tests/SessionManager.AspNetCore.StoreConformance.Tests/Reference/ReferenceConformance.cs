using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance.Tests.Reference;

/// <summary>The whole suite over a store like the reference store.</summary>
/// <param name="create">Makes the store.</param>
public abstract class ReferenceConformance(Func<Medium, TimeSpan, ISessionRecordStore> create) : SessionStoreConformance
{
    private readonly Medium _medium = new();

    protected override Capability<ISessionRecordStore> SecondStore => Capability.Of(CreateStore(LongTimeout));

    protected override Capability<ISessionStoreProbe> Probe => Capability.Of((ISessionStoreProbe)Store);

    protected override Capability<IMediumFaults> Faults => Capability.Of<IMediumFaults>(_medium);

    protected override Capability<IMediumTimes> Times => Capability.Of<IMediumTimes>(_medium);

    protected override Capability<IMediumDamage> Damage => Capability.Of<IMediumDamage>(_medium);

    protected override Capability<IMediumEviction> Eviction => Capability.Of<IMediumEviction>(_medium);

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => create(_medium, ioTimeout);
}
