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

    protected override Capability<Func<Guid, Task>> Damage => Capability.Of<Func<Guid, Task>>(_medium.DamageAsync);

    protected override Capability<Func<Guid, Task>> MakeNewer => Capability.Of<Func<Guid, Task>>(_medium.MakeNewerAsync);

    protected override Capability<Func<string, Task>> LoseIndex => Capability.Of<Func<string, Task>>(_medium.LoseIndexAsync);

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => create(_medium, ioTimeout);
}
