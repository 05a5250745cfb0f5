using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore;

/// <summary>
/// Where sessions are kept: the seam for stores. The remarks below are the contract; each sentence is a test of the store
/// conformance suite, which any implementation can run.
/// </summary>
/// <remarks>
/// <para><b>Time.</b> The clock is the caller's: a store judges nothing by its own. Every key it writes has a time to live:
/// <see cref="SessionLifetime.RecordTimeToLive"/> for a record, counted from its last commit or touch,
/// <see cref="SessionLifetime.TombstoneTimeToLive"/> for a tombstone, <see cref="SessionLifetime.UserTimeToLive"/> for what is noted
/// about a user.</para>
/// <para><b>Faults.</b> Each call to the medium ends within <see cref="SessionManagerOptions.IOTimeout"/>. A failure or a
/// timeout is a <see cref="SessionStoreException"/>, whose text names no store key, secret or value; a cancellation by the
/// caller's token is an <see cref="OperationCanceledException"/>. A call that waits behind others of its session
/// waits for them, and fails with them when the medium hangs. After a fault the next call tries again.</para>
/// <para><b>Secrecy.</b> No secret comes here, only SHA-256 of it.</para>
/// </remarks>
public interface ISessionRecords
{
    /// <summary>The name for logs and metrics: short, constant, no addresses in it.</summary>
    string Name { get; }

    /// <summary>
    /// Loads a record. What was committed before is seen. An ended session is <see cref="SessionLookupStatus.Ended"/> with its
    /// reason; a damaged record is <see cref="SessionLookupStatus.Unreadable"/>, one of a newer version
    /// <see cref="SessionLookupStatus.Newer"/>, never an exception. An expired record is still found, and so is one that
    /// <see cref="RevokeUnlistedAsync"/> has revoked, with that reason.
    /// </summary>
    /// <remarks>A store that can move <see cref="SessionRecord.LastSeenAt"/> in the same round trip does it here when
    /// <see cref="RecordTouch.Allowed"/>, the secret is right, the session has not expired and a touch is due, and says so
    /// in <see cref="SessionLookup.Touched"/>. Otherwise the caller calls <see cref="TouchAsync"/> when it is due.</remarks>
    ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default);

    /// <summary>
    /// Moves <see cref="SessionRecord.LastSeenAt"/> to the touch's time and renews the time to live, when
    /// <see cref="RecordTouch.Allowed"/>, a touch is due, and the session has neither ended nor reached its absolute timeout. The idle
    /// timeout and the secret are not asked for again: the request found the session alive, and counts as use when it ends. A touch never
    /// brings a record back, changes no value, and never moves the time backwards.
    /// </summary>
    /// <returns>Whether it was moved.</returns>
    ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default);

    /// <summary>
    /// Applies a delta, whole or not at all. One that creates needs the id to be unused; any other needs the record to exist,
    /// not to have ended, not to have reached its absolute timeout at <see cref="SessionCommit.Now"/>, and its generation to be the
    /// expected one. The idle timeout refuses no commit: the request found the session alive, and may save however long it ran.
    /// Values merge by key: keys the delta does not name stay as they are, whoever wrote them meanwhile. With an expected
    /// value, that value must still be the same, byte for byte. A record of a newer version is left alone.
    /// </summary>
    /// <remarks>A commit whose new secret is the session's secret already has been applied before and its acknowledgement was
    /// lost: it is <see cref="SessionCommitOutcome.Committed"/> again.</remarks>
    ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a session for good, also one whose record is of a newer version: its values are gone, a tombstone with the reason is left, and
    /// no commit or touch brings it back. Ending one that has ended changes nothing: the first reason stays.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="reason">What its tombstone will say.</param>
    /// <param name="onlyOfUser">When given, the session is ended only if this user is signed in to it at that moment. Whose a record of a
    /// newer version is can't be told; it is ended, because the caller has found the session under this user.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether there was a session to end. Of several calls at once one is told so.</returns>
    ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a session with <see cref="SessionEndReason.Expired"/>, if a limit has passed at the moment it is ended: a session that another
    /// request has used since the caller judged it lives on. A record that can't be read, or is of a newer version, is left alone.
    /// </summary>
    /// <remarks>A store that does not say how ends it as it is, so that a session which was used at that very moment may end with it.</remarks>
    /// <param name="id">The session.</param>
    /// <param name="now">The time of the caller.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether there was a session to end. Of several calls at once one is told so.</returns>
    ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        EndAsync(id, SessionEndReason.Expired, onlyOfUser: null, cancellationToken);

    /// <summary>
    /// Notes a session under a user, before it is signed in, unless the user has as many others as the limit allows. One that is noted
    /// already stays noted, with the new time. It is one step: of several at once no more than the limit are admitted. Notes outlive
    /// their sessions; whoever reads them checks them against the records.
    /// </summary>
    /// <returns><see langword="null"/> when it is noted; else the sessions that are, the oldest first.</returns>
    ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default);

    /// <summary>Takes a note back, unless the session has been noted again since with a later time.</summary>
    ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default);

    /// <summary>The sessions noted under a user, exactly this user, the oldest first. A store that can't see the sessions of other
    /// processes knows those that it has made or loaded.</summary>
    ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Revokes, for all processes, the sessions a user has signed in to so far and that <see cref="FindMembersAsync"/> may not know:
    /// from now on they are found with the end reason <see cref="SessionEndReason.Revoked"/>, and no commit to them is applied. A store
    /// whose notes are complete has nothing to do here.
    /// </summary>
    /// <param name="userId">The user.</param>
    /// <param name="exceptId">A session that is spared, if it lives.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default);

    /// <summary>
    /// The sessions that belong or last belonged to a user: those the user is signed in to, and those the user signed out of with values
    /// kept. Expired ones that are still kept are among them. Ones that have ended, or belong to somebody else by now, may be: the caller
    /// checks each. A session is found from the moment on at which the commit that gave it this owner returns, also when that commit's
    /// process dies then. A store that can't see the sessions of other processes knows those that it has made or loaded.
    /// </summary>
    /// <remarks>They are apart from what <see cref="AdmitAsync"/> notes: they count for no limit, and <see cref="FindMembersAsync"/> does not
    /// find them. A store that does not say how goes through all that <see cref="ListAsync"/> lists, which may leave expired ones out.</remarks>
    /// <param name="ownerId">The user, exactly.</param>
    /// <param name="now">The time of the caller.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    async ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        var members = new List<SessionMember>();
        await foreach (var record in ListAsync(now, after: null, cancellationToken))
        {
            if (string.Equals(record.OwnerId, ownerId, StringComparison.Ordinal))
            {
                members.Add(new SessionMember(record.Id, record.StartedAt));
            }
        }

        return members;
    }

    /// <summary>
    /// Ends a session as <see cref="EndAsync"/> does, but only if it belongs or last belonged to this user at that moment, whether the user is
    /// signed in to it or not. Whose a record of a newer version or a damaged one is can't be told; it is ended, because the caller has found
    /// the session under this user.
    /// </summary>
    /// <remarks>A store that does not say how loads it first, so that a session which changes hands at that very moment may end with it.</remarks>
    /// <param name="id">The session.</param>
    /// <param name="reason">What its tombstone will say.</param>
    /// <param name="ownerId">The user.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether there was a session to end. Of several calls at once one is told so.</returns>
    async ValueTask<bool> EndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken = default) =>
        ((await LoadAsync(id, default, cancellationToken)).Record is not { } record || string.Equals(record.OwnerId, ownerId, StringComparison.Ordinal))
        && await EndAsync(id, reason, onlyOfUser: null, cancellationToken);

    /// <summary>
    /// Revokes, for all processes, the sessions that belong or last belonged to a user by now and that <see cref="FindOwnedAsync"/> may not
    /// know, signed in or not, as <see cref="RevokeUnlistedAsync"/> does for those that the user is signed in to. A store whose notes are
    /// complete has nothing to do here.
    /// </summary>
    /// <remarks>A store that does not say how revokes those that the user is signed in to.</remarks>
    /// <param name="ownerId">The user.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    ValueTask EraseUnlistedAsync(string ownerId, CancellationToken cancellationToken = default) =>
        RevokeUnlistedAsync(ownerId, exceptId: null, cancellationToken);

    /// <summary>
    /// The sessions, those that began or signed in last first, page by page, never all at once. What ends or begins meanwhile may or may
    /// not be among them, everything else is, once. Expired ones may be among them. A store that can't see the sessions of other
    /// processes lists those that it has made or loaded.
    /// </summary>
    /// <param name="now">The time of the caller.</param>
    /// <param name="after">The last session of the page before, to go on behind it; <see langword="null"/>: from the start.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    IAsyncEnumerable<SessionRecord> ListAsync(DateTimeOffset now, SessionMember? after = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The sessions that a limit has passed and that have not been ended, as far as the store knows them without going through its medium. Ones
    /// that were used elsewhere may be among them: the caller checks each, and ends it by <see cref="EndExpiredAsync"/>, also where it is not
    /// there any more, so that the store may forget it.
    /// </summary>
    /// <param name="now">The time of the caller.</param>
    /// <returns>They are read page by page while they are enumerated, never all at once. The default is <see langword="null"/>: the store can't
    /// know, and an end that nobody comes back for is not noticed.</returns>
    IEnumerable<Guid>? ListExpired(DateTimeOffset now) => null;

    /// <summary>
    /// How many sessions live, without and with a user, if the store knows that by itself. It is asked for at every collection of metrics, so it
    /// neither calls the medium nor goes through the sessions.
    /// </summary>
    /// <param name="now">The time of the caller.</param>
    /// <returns>The numbers; the default is <see langword="null"/>: the store does not know.</returns>
    (int Anonymous, int SignedIn)? CountLive(DateTimeOffset now) => null;

    /// <summary>
    /// Writes something where sessions are kept, reads it and removes it, for a health check. A medium that can't do one of these, or gives
    /// back something else, is a <see cref="SessionStoreException"/>. It leaves nothing behind, or nothing for longer than a minute, and is
    /// never among the sessions that are listed.
    /// </summary>
    /// <remarks>A store that does not say how loads a record that does not exist: that proves that it reads, and no more.</remarks>
    /// <param name="cancellationToken">Cancels waiting.</param>
    async ValueTask ProbeAsync(CancellationToken cancellationToken = default) =>
        await LoadAsync(SessionToken.NewId(), default, cancellationToken);
}
