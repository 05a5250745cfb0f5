using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A store that keeps nothing.</summary>
internal sealed class OtherStore : ISessionRecordStore
{
    public string Name => "other";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) => default;

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default) => new(SessionWriteResult.Swapped);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) => default;

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default) => new([]);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken = default) => new([]);
}
