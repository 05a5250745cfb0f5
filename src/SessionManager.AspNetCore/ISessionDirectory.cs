namespace SessionManager.AspNetCore;

/// <summary>
/// All sessions, from anywhere: admin pages, "my devices", background jobs. A singleton, which needs no request. It shows what may be
/// shown of a session, never its token or its values; whether somebody may see or end a session is for the application to decide.
/// </summary>
/// <remarks>On Redis it is exact across nodes. On a plain cache listing and finding know the sessions that this process has made or
/// loaded, and revoking holds on every node all the same.</remarks>
public interface ISessionDirectory
{
    /// <summary>The living sessions, those that began or signed in last first. They are read page by page while they are enumerated, never
    /// all at once.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    IAsyncEnumerable<SessionInfo> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>A living session. Looking at it is no use of it.</summary>
    /// <param name="sessionId">The public id, <see cref="SessionInfo.SessionId"/>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The session; <see langword="null"/> when none lives under that id, and for what is no id.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<SessionInfo?> FindAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>The living sessions that a user is signed in to, the latest sign-in first; none for null, "", 0, Guid.Empty, any default.</summary>
    /// <param name="userId">The user, exactly: <c>x</c> is not <c>X</c> and not <c>x:y</c>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<IReadOnlyList<SessionInfo>> FindByUserAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default);

    /// <summary>Ends a session. Its browser is told at the next request, by <see cref="ISessionManager.PreviousSessionEnd"/>.</summary>
    /// <param name="sessionId">The public id, <see cref="SessionInfo.SessionId"/>.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether there was a living session to end; false too for what is no id.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<bool> RevokeAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>Ends all sessions that a user is signed in to by now. A sign-in that is running at this moment may come before or after.</summary>
    /// <param name="userId">The user, exactly.</param>
    /// <param name="exceptSessionId">The public id of a session that is spared ("sign out everywhere else"), if it is the user's.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>How many were ended. On a plain cache those of other processes end uncounted.</returns>
    /// <exception cref="ArgumentException"><paramref name="exceptSessionId"/> is no session id: it would spare nothing.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<int> RevokeUserAsync<TUserId>(TUserId userId, string? exceptSessionId = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases all that a user left in sessions, when the account is deleted: ends the sessions that the user is signed in to, those that the user
    /// signed out of while their values were kept (<see cref="ClearSessionScope.UserId"/>), and expired ones that are still stored. When it
    /// returns, their values and the user's id are gone from the store, and no request in flight brings them back. A session that
    /// belongs to somebody else by now is left alone: its values went when it changed hands.
    /// </summary>
    /// <remarks>A sign-in that is running at this moment may come before or after: delete the account first. When the store fails on the way,
    /// call it again: it goes on with what is left. On a plain cache, a session that only other processes know is erased for every request from
    /// now on; its bytes go when its token is next brought, or with the cache entry's time to live.</remarks>
    /// <param name="userId">The user, exactly.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>How many sessions this call ended: living, signed out with values kept, and expired but still stored. Sessions that had ended before
    /// are not counted, nor on a plain cache those that only other processes know.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<int> EraseUserAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default);
}
