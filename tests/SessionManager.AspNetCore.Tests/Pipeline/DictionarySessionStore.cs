using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A store of one process, like the store that the doc comment of <see cref="ISessionRecordStore"/>
/// shows.</summary>
internal sealed class DictionarySessionStore : ISessionRecordStore
{
    private readonly Dictionary<Guid, (StoredSession Session, string? UserId)> _records = [];

    public string Name => "dictionary";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default)
    {
        lock (_records)
        {
            return new(_records.GetValueOrDefault(id).Session);
        }
    }

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default)
    {
        lock (_records)
        {
            var before = _records.GetValueOrDefault(write.Id).Session;
            if (before?.Version == write.NewVersion || (before?.Version ?? 0) != write.ExpectedVersion)
            {
                return new(
                    before?.Version == write.NewVersion ? SessionWriteResult.Swapped
                        : SessionWriteResult.Moved(before));
            }

            _records[write.Id] = (write.ApplyTo(before), write.UserId);
            return new(SessionWriteResult.Swapped);
        }
    }

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default)
    {
        lock (_records)
        {
            var (before, userId) = _records.GetValueOrDefault(touch.Id);
            if (before is null || before.LastSeenAt >= touch.LastSeenAt)
            {
                return new(false);
            }

            _records[touch.Id] = (touch.ApplyTo(before), userId);
            return new(true);
        }
    }

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default)
    {
        lock (_records)
        {
            return new(
                [.. _records.Values.Where(it => string.Equals(it.UserId, userId, StringComparison.Ordinal))
                    .Select(it => it.Session).Order(SessionPosition.OldestFirst)]);
        }
    }

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default)
    {
        lock (_records)
        {
            var behind = _records.Values.Select(it => it.Session)
                .Where(it => after is null || SessionPosition.Of(it) < after);
            return new([.. behind.OrderDescending(SessionPosition.OldestFirst).Take(count)]);
        }
    }
}
