using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Creates the writes that do not come from a commit: touches, tombstones and pointers.</summary>
internal static class SessionWrites
{
    /// <summary>Creates the touch of a session.</summary>
    public static SessionTouch Touch(SessionRecord record, DateTimeOffset now, SessionLifetime lifetime) => new()
    {
        Id = record.Id,
        NewVersion = SessionRepository.NewVersion(),
        LastSeenAt = now,
        KeepUntil = lifetime.KeepUntil(record, now),
        UserId = SessionUsers.IndexOf(record),
        StartedAt = record.StartedAt,
        IndexUntil = lifetime.IndexUntil(record),
    };

    /// <summary>Creates the write that replaces a session by its tombstone.</summary>
    public static SessionWrite Tombstone(
        Guid id, SessionEndReason reason, in SessionLookup found, DateTimeOffset now, SessionLifetime lifetime)
    {
        var (record, stored) = (found.Record, found.Stored);
        return new SessionWrite
        {
            Id = id,
            ExpectedVersion = record?.Version ?? stored!.Version,
            NewVersion = SessionRepository.NewVersion(),
            Header = HeaderEncoder.EncodeTombstone(id, reason),
            LastSeenAt = record?.LastSeenAt ?? stored!.LastSeenAt,
            FormerUserId = record is null ? null : SessionUsers.IndexOf(record),
            StartedAt = record?.StartedAt ?? stored!.StartedAt,
            IsTombstone = true,
            Now = now,
            KeepUntil = now + lifetime.RecordTimeToLive,
            IndexUntil = now + lifetime.RecordTimeToLive,
            DropsValues = true,
        };
    }

    /// <summary>Creates the write of the pointer by which a callback finds a session.</summary>
    public static SessionWrite Callback(Guid id, SessionRecord record, DateTimeOffset now, SessionLifetime lifetime) =>
        Pointer(
            id,
            record.Id,
            userId: null,
            version: 0,
            started: now,
            now,
            keepUntil: now + SessionCallbacks.Timeout + lifetime.Grace);

    /// <summary>Creates the write of a pointer to a session.</summary>
    /// <param name="userId">The user who finds the session by the pointer.</param>
    /// <param name="record">The session.</param>
    /// <param name="version">The stored version of the pointer; 0 when none is stored.</param>
    /// <param name="now">The time.</param>
    /// <param name="lifetime">The lifetimes.</param>
    public static SessionWrite Pointer(
        string userId, SessionRecord record, long version, DateTimeOffset now, SessionLifetime lifetime) =>
        Pointer(
            SessionUsers.PointerTo(record.Id),
            record.Id,
            userId,
            version,
            record.StartedAt,
            now,
            keepUntil: now + lifetime.UserTimeToLive);

    /// <summary>Creates the write of a pointer by which a provider finds a session.</summary>
    /// <param name="index">The text under which the store finds the pointer.</param>
    /// <param name="commit">The commit that signs in to the session.</param>
    /// <param name="version">The stored version of the pointer; 0 when none is stored.</param>
    /// <param name="lifetime">The lifetimes.</param>
    public static SessionWrite Pointer(string index, SessionCommit commit, long version, SessionLifetime lifetime)
    {
        var identity = commit.Identity!;
        var started = identity.StartedAt ?? commit.Now;
        return Pointer(
            ProviderPointers.PointerTo(commit.Id, index),
            commit.Id,
            index,
            version,
            started,
            commit.Now,
            lifetime.IndexUntil(started, identity.Terms));
    }

    private static SessionWrite Pointer(
        Guid id,
        Guid target,
        string? userId,
        long version,
        DateTimeOffset started,
        DateTimeOffset now,
        DateTimeOffset keepUntil)
    {
        return new SessionWrite
        {
            Id = id,
            ExpectedVersion = version,
            NewVersion = SessionRepository.NewVersion(),
            Header = HeaderEncoder.EncodePointer(id, target),
            LastSeenAt = now,
            UserId = userId,
            StartedAt = started,
            Now = now,
            KeepUntil = keepUntil,
            IndexUntil = keepUntil,
        };
    }
}
