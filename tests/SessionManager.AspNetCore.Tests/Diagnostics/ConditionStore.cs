using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>A store that keeps nothing, and tells the conditions of a test.</summary>
internal sealed class ConditionStore(Func<ValueTask<IReadOnlyList<string>>> find) : ISessionRecordStore, ISessionStoreConditions
{
    private readonly OtherStore _store = new();

    public string Name => "conditions";

    public ValueTask<IReadOnlyList<string>> FindConditionsAsync(CancellationToken cancellationToken = default) => find();

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) => _store.LoadAsync(id, cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default) =>
        _store.WriteAsync(write, cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) => _store.TouchAsync(touch, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default) =>
        _store.FindByUserAsync(userId, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        _store.ListAsync(after, count, cancellationToken);
}
