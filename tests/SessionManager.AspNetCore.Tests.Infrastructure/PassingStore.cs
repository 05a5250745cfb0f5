using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A store that passes every call on to another one, and has no features beside.</summary>
internal sealed class PassingStore(ISessionRecordStore inner) : ISessionRecordStore
{
    public string Name => inner.Name;

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) => inner.LoadAsync(id, cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(write, cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) => inner.TouchAsync(touch, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default) =>
        inner.FindByUserAsync(userId, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        inner.ListAsync(after, count, cancellationToken);
}
