using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Storage;

/// <summary>The optional features of the registered store. A feature counts only if the store itself implements it.
/// Otherwise, a store that replaces another store would use the features of the other store.</summary>
internal sealed class StoreFeatures(ISessionRecordStore store, IServiceProvider services)
{
    /// <summary>The epochs of users; <see langword="null"/> when the store finds all sessions of a user.</summary>
    public IUserEpochs? Epochs { get; } = OwnOf(store, services.GetService<IUserEpochs>());

    /// <summary>The sessions of this process; <see langword="null"/> when the store does not know them.</summary>
    public ILocalSessions? Local { get; } = OwnOf(store, services.GetService<ILocalSessions>());

    /// <summary>The probe of the store; <see langword="null"/> when it has none.</summary>
    public ISessionStoreProbe? Probe { get; } = OwnOf(store, services.GetService<ISessionStoreProbe>());

    /// <summary>What weakens the promises of the store; <see langword="null"/> when it does not tell.</summary>
    public ISessionStoreConditions? Conditions { get; } = OwnOf(store, services.GetService<ISessionStoreConditions>());

    /// <summary>Whether the store lists the sessions of all processes; <see langword="null"/> when it does not
    /// say.</summary>
    public bool? ListsAllSessions { get; } =
        OwnOf(store, services.GetService<ISessionStoreListing>())?.ListsAllSessions;

    /// <summary>The bulk writes of the store; <see langword="null"/> when it writes records one by one.</summary>
    public ISessionBulkStore? Bulk { get; } = OwnOf(store, services.GetService<ISessionBulkStore>());

    private static TFeature? OwnOf<TFeature>(ISessionRecordStore store, TFeature? feature)
        where TFeature : class => ReferenceEquals(store, feature) ? feature : null;
}
