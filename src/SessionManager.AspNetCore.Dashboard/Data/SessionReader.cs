using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Dashboard.Data;

/// <summary>Reads what a page shows and no more, however many sessions there are.</summary>
internal sealed class SessionReader(ObservedStore store, SessionAdmission admission, SessionLifetime lifetime, TimeProvider time)
{
    public const int PageSize = 50;

    /// <summary>How many records one page may cost when most of them turn out to have expired. It is shorter then, and goes on behind.</summary>
    private const int MostRead = 4 * PageSize;

    public DateTimeOffset Now => time.GetUtcNow();

    public DateTimeOffset ExpiresAt(SessionRecord session) => lifetime.ExpiresAt(session);

    /// <summary>A page of all sessions.</summary>
    public async Task<SessionSlice> ListAsync(SessionMember? after, CancellationToken cancellationToken)
    {
        var now = Now;
        var sessions = new List<SessionRecord>(PageSize);
        var read = 0;
        await foreach (var record in store.ListAsync(now, after, cancellationToken))
        {
            if (sessions.Count == PageSize || read == MostRead)
            {
                return new SessionSlice(sessions, SessionCursor.Write(after!.Value));
            }

            read++;
            after = new SessionMember(record.Id, record.StartedAt);
            if (!lifetime.IsExpired(record, now))
            {
                sessions.Add(record);
            }
        }

        return new SessionSlice(sessions, Next: null);
    }

    /// <summary>A page of a user's sessions. The store tells their ids in one call; of the records a page's worth is read.</summary>
    public async Task<SessionSlice> FindAsync(string userId, SessionMember? after, CancellationToken cancellationToken)
    {
        var now = Now;
        var members = await store.FindMembersAsync(userId, cancellationToken);
        var sessions = new List<SessionRecord>(PageSize);
        var (next, read) = (IndexBefore(members, after), 0);
        while (next >= 0 && sessions.Count < PageSize && read < MostRead)
        {
            var chunk = Math.Min(PageSize - sessions.Count, next + 1);
            var found = await Task.WhenAll(Enumerable.Range(0, chunk).Select(i => admission.FindAsync(userId, members[next - i].Id, now, session: null, cancellationToken).AsTask()));
            sessions.AddRange(found.OfType<SessionRecord>());
            next -= chunk;
            read += chunk;
        }

        return new SessionSlice(sessions, next >= 0 ? SessionCursor.Write(members[next + 1]) : null);
    }

    /// <summary>What is known of one session.</summary>
    public async Task<SessionLookup> LoadAsync(Guid id, CancellationToken cancellationToken)
    {
        var now = Now;
        var found = await store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        return found is { Record: { } record, EndReason: null } && lifetime.IsExpired(record, now)
            ? new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Expired)
            : found;
    }

    // The members come the oldest first, and are shown the newest first: the last one that is older than the cursor.
    private static int IndexBefore(IReadOnlyList<SessionMember> members, SessionMember? after)
    {
        var index = members.Count - 1;
        if (after is { } cursor)
        {
            while (index >= 0 && (members[index].AdmittedAt, members[index].Id).CompareTo((cursor.AdmittedAt, cursor.Id)) >= 0)
            {
                index--;
            }
        }

        return index;
    }
}
