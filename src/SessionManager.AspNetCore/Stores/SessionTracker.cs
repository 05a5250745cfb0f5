using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Opens and remembers the records that pass through this process, and knows when the list of a user has to be
/// changed.</summary>
/// <param name="local">What this process remembers.</param>
/// <param name="mayLose">Whether the cache may lose an entry, so that a touch has to write it again.</param>
/// <param name="damaged">Told the session's id when a value turns out to be damaged.</param>
internal sealed class SessionTracker(LocalSessionIndex local, bool mayLose, Action<Guid> damaged)
{
    /// <summary>What a write removes from the list of a user.</summary>
    public static UserIndexChange? RemovedBy(SessionWrite write, RecordSwap swap) =>
        write.IsTombstone && (swap.UserBefore ?? write.FormerUserId) is { } userId
            ? UserIndexChange.Remove(userId, write)
            : null;

    /// <summary>What a write adds to the list of its user, before the record is written.</summary>
    public static UserIndexChange? AddedBy(SessionWrite write) =>
        write is { MovesIndex: true, IsTombstone: false, UserId: { } userId }
            ? UserIndexChange.Add(userId, write)
            : null;

    /// <summary>Whether what is stored under an id that a user's list has is a session of the user that has not ended.
    /// What can't be read is: that the list has its id is evidence enough to end it with the user's other
    /// sessions.</summary>
    public static bool IsOf(string userId, Guid id, byte[]? stored) =>
        stored is not null
        && (CacheRecord.Read(id, stored, out var record) != StoredSessionStatus.Whole
            || (!record.IsTombstone && record.IsOf(userId)));

    /// <summary>What a touch adds to the list of its user, where the cache or another process may have lost
    /// it.</summary>
    public UserIndexChange? AddedBy(SessionTouch touch) =>
        mayLose && touch.UserId is { } userId ? UserIndexChange.Add(userId, touch) : null;

    /// <summary>Reads what is stored under an id, and remembers the session.</summary>
    public StoredSession? Open(Guid id, byte[]? stored)
    {
        if (stored is null)
        {
            local.Forget(id);
            return null;
        }

        var status = CacheRecord.Read(id, stored, out var record);
        if (status != StoredSessionStatus.Whole)
        {
            return new StoredSession { Id = id, Status = status };
        }

        var session = record.ToSession(damaged);
        if (record.IsTombstone)
        {
            local.Forget(id);
        }
        else if (!HeaderCodec.IsPointer(session.Header.Span))
        {
            // The header says whether somebody is signed in: the column of the user stays after a sign-out.
            local.Remember(
                id,
                new SessionSpan(record.Started, record.LastSeen, HeaderCodec.IsSignedIn(session.Header.Span)),
                HeaderCodec.TermsOf(session.Header));
        }

        return session;
    }

    /// <summary>Remembers a session as it was written.</summary>
    public void Remember(SessionWrite write)
    {
        if (write.IsTombstone)
        {
            local.Forget(write.Id);
            return;
        }

        if (HeaderCodec.IsPointer(write.Header.Span))
        {
            return;
        }

        local.Remember(
            write.Id,
            new SessionSpan(
                write.StartedAt.ToUnixTimeMilliseconds(),
                write.LastSeenAt.ToUnixTimeMilliseconds(),
                HeaderCodec.IsSignedIn(write.Header.Span)),
            HeaderCodec.TermsOf(write.Header));
    }

    /// <summary>Remembers that a session was touched.</summary>
    public void Remember(SessionTouch touch) => local.Touch(touch.Id, touch.LastSeenAt.ToUnixTimeMilliseconds());
}
