namespace SessionManager.AspNetCore;

/// <summary>
/// All sessions, for admin pages, "my devices" pages and background jobs. The service is a singleton and needs no
/// request. It shows neither tokens nor values. The application decides who may see or end a session.
/// </summary>
/// <remarks>On Redis, SQLite and PostgreSQL the directory is exact across processes. On a plain cache,
/// <see cref="ListAsync"/> has the sessions that this process has created or loaded, and finding the sessions of a
/// user may miss a session when two processes sign the user in at the same moment. Revoking holds on every node on
/// every store.</remarks>
public interface ISessionDirectory
{
    /// <summary>The name of the store, such as <c>memory</c> or <c>redis</c>. The name is constant and has no
    /// address.</summary>
    string StoreName { get; }

    /// <summary>Whether the store can list every session. The value is <see langword="false"/> on a plain cache outside
    /// this process: the list has the sessions that this process has created or loaded. It is also
    /// <see langword="false"/> when the store keeps no list, as on Redis without <c>ListSessions</c>: the list is
    /// empty, and <see cref="Count"/> returns <see langword="null"/>.</summary>
    bool ListsAllSessions { get; }

    /// <summary>Counts the living sessions without a call of the store. On a cache it counts the sessions that this
    /// process has created or loaded. An expired session is not counted, even when its end has not been
    /// noticed.</summary>
    /// <returns>The count, or <see langword="null"/> when the store does not count, such as Redis.</returns>
    SessionCount? Count();

    /// <summary>Lists the living sessions, latest first: a session that began or signed in later comes first. The
    /// sessions are read page by page while they are enumerated.</summary>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The sessions.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    IAsyncEnumerable<SessionInfo> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists a page of the living sessions, in the order of <see cref="ListAsync"/>. Sessions of the same time
    /// are listed by id, the greater id first.</summary>
    /// <remarks>A session that lives while the pages are read is on exactly one page. A session that begins or signs in
    /// meanwhile moves before the first page, so later pages don't have it. A session that ends meanwhile is missing,
    /// and no other session is skipped.</remarks>
    /// <param name="pageSize">The greatest number of sessions on the page: 1 to 1,000. A call reads at most four times
    /// as many records, or 200 if that is more. A page is short when most of the records that it read have
    /// expired.</param>
    /// <param name="continuation">The <see cref="SessionPage.Continuation"/> of the page before. The default is
    /// <see langword="null"/>: the first page.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <returns>The page.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pageSize"/> is not between 1 and
    /// 1,000.</exception>
    /// <exception cref="ArgumentException"><paramref name="continuation"/> is malformed, or belongs to the sessions of
    /// a user.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<SessionPage> ListPageAsync(
        int pageSize, string? continuation = null, CancellationToken cancellationToken = default);

    /// <summary>Finds a living session. The call does not count as use of the session.</summary>
    /// <param name="sessionId">The public id: <see cref="SessionInfo.SessionId"/>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The session, or <see langword="null"/> when no living session has the id or the text is no session
    /// id.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<SessionInfo?> FindAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>Gets what is known about a session that lives or has ended: why it ended, and how many values it has.
    /// The call does not count as use of the session.</summary>
    /// <param name="sessionId">The public id: <see cref="SessionInfo.SessionId"/>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The details. Their status is <see cref="SessionStatus.NotFound"/> when the store has no such session,
    /// and when the text is no session id.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<SessionDetails> GetDetailsAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>Finds the living sessions that a user is signed in to, the latest sign-in first. Sign-ins of the same
    /// time are listed by session id, the greater id first. The list includes the sessions in which the user acts as
    /// another user, and the sessions in which another user acts as the user.</summary>
    /// <typeparam name="TUserId">The type of the id, as for
    /// <see cref="ISessionManager.SetUserId{TUserId}(TUserId)"/>.</typeparam>
    /// <param name="userId">The id of the user, compared exactly: <c>x</c> is neither <c>X</c> nor <c>x:y</c>.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The sessions. The list is empty when <paramref name="userId"/> is <see langword="null"/>, an empty
    /// string, 0, <see cref="Guid.Empty"/> or another default value.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<IReadOnlyList<SessionInfo>> FindByUserAsync<TUserId>(
        TUserId userId, CancellationToken cancellationToken = default);

    /// <summary>Finds a page of the sessions that <see cref="FindByUserAsync"/> finds, in the same order.</summary>
    /// <remarks>A session that lives while the pages are read is on exactly one page, unless its user signs in again. A
    /// session that signs in meanwhile moves before the first page.</remarks>
    /// <typeparam name="TUserId">The type of the id, as for
    /// <see cref="ISessionManager.SetUserId{TUserId}(TUserId)"/>.</typeparam>
    /// <param name="userId">The id of the user, compared exactly.</param>
    /// <param name="pageSize">The greatest number of sessions on the page: 1 to 1,000. Whatever the size, a call reads
    /// the headers of all sessions of the user.</param>
    /// <param name="continuation">The <see cref="SessionPage.Continuation"/> of the page before. The default is
    /// <see langword="null"/>: the first page.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <returns>The page.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pageSize"/> is not between 1 and
    /// 1,000.</exception>
    /// <exception cref="ArgumentException"><paramref name="continuation"/> is malformed, or belongs to another user or
    /// to the list of all sessions.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<SessionPage> FindByUserPageAsync<TUserId>(
        TUserId userId, int pageSize, string? continuation = null, CancellationToken cancellationToken = default);

    /// <summary>Ends a session. The next request of its browser finds <see cref="SessionEndReason.Revoked"/> in
    /// <see cref="ISessionManager.PreviousSessionEnd"/>.</summary>
    /// <param name="sessionId">The public id: <see cref="SessionInfo.SessionId"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether a living session was ended. It is <see langword="false"/> when the text is no session
    /// id.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<bool> RevokeAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>Ends all sessions that a user is signed in to. A sign-in that runs at the same time may be ended or
    /// not.</summary>
    /// <typeparam name="TUserId">The type of the id, as for
    /// <see cref="ISessionManager.SetUserId{TUserId}(TUserId)"/>.</typeparam>
    /// <param name="userId">The id of the user, compared exactly.</param>
    /// <param name="exceptSessionId">The public id of a session of the user that does not end, for "sign out everywhere
    /// else". The default is <see langword="null"/>: all sessions end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of sessions that were ended. On a plain cache the sessions that only other processes know
    /// end too, and are not counted.</returns>
    /// <exception cref="ArgumentException"><paramref name="exceptSessionId"/> is no session id, so it would except no
    /// session.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached, or the request has waited for the store for
    /// twice <see cref="SessionManagerOptions.IOTimeout"/>. What was ended stays ended. Call the method again to end
    /// the rest.</exception>
    Task<int> RevokeUserAsync<TUserId>(
        TUserId userId, string? exceptSessionId = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends the sessions that users signed in to through an OpenID Connect provider, when the provider says that they
    /// have signed out (OpenID Connect Back-Channel Logout 1.0, section 2.7). The next request of their browsers finds
    /// <see cref="SessionEndReason.Revoked"/> in <see cref="ISessionManager.PreviousSessionEnd"/>.
    /// </summary>
    /// <remarks>
    /// <para>A sign-in through the scheme of <c>AddAuthentication().AddSessionManager()</c> keeps the provider's
    /// session: the issuer is the claim <c>iss</c>, or else the <c>Claim.Issuer</c> of the claims that follow; its
    /// session is the claim <c>sid</c> (or <c>ClaimTypes.Sid</c>), and its user is the claim <c>sub</c> (or
    /// <c>ClaimTypes.NameIdentifier</c>, unless the application issued that claim itself). A sign-in without them, such
    /// as <see cref="ISessionManager.SetUserId{TUserId}(TUserId)"/>, has no provider and is never ended by this
    /// call.</para>
    /// <para>The last sign-in of a session counts. A session that has signed out, or signed in again through another
    /// session at the provider, is not ended. A session in which its user acts as another user is ended. A sign-in that
    /// runs at the same time may be ended or not.</para>
    /// <para>On Redis, SQLite and PostgreSQL the call ends the sessions of all nodes. On a plain cache it does so too,
    /// but it finds them by a list in the cache: when two nodes change one list at the same moment, or the cache drops
    /// the list, a session may be missed. <see cref="RevokeUserAsync"/> misses none.</para>
    /// </remarks>
    /// <param name="issuer">The issuer identifier of the provider (<c>iss</c>), compared exactly.</param>
    /// <param name="sid">The id of the session at the provider (<c>sid</c>), compared exactly. The default is
    /// <see langword="null"/>: the sessions of <paramref name="subject"/> end, whatever the session at the
    /// provider.</param>
    /// <param name="subject">The user at the provider (<c>sub</c>), compared exactly. The default is
    /// <see langword="null"/>: <paramref name="sid"/> alone names the session. When both are given, both have to be
    /// those of the session. A session whose sign-in did not tell the user at the provider is named by
    /// <paramref name="sid"/> alone.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of sessions that this call ended; 0 when none was signed in to through that session or
    /// user.</returns>
    /// <exception cref="ArgumentException">The issuer is empty, an id is empty, or both ids are
    /// <see langword="null"/>.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached. What was ended stays ended. Call the method
    /// again to end the rest.</exception>
    Task<int> RevokeByProviderAsync(
        string issuer, string? sid = null, string? subject = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases everything that a user left in sessions, for an account that is deleted. The call ends the sessions that
    /// the user is signed in to, the sessions that the user signed out of while their values were kept
    /// (<see cref="ClearSessionScope.UserId"/>), and the expired sessions that are still stored. When the call returns,
    /// the store has neither their values nor the user's id, and no request in flight brings them back. A session that
    /// belongs to another user by now is not touched: its values were dropped when the user changed.
    /// </summary>
    /// <remarks>Delete the account before the call: a sign-in that runs at the same time may be erased or not. When the
    /// store fails, call the method again; it erases what is left. On a plain cache, a session that only other
    /// processes know is erased for every later request. Its bytes are removed when its token is next brought, or with
    /// the time to live of the cache entry.</remarks>
    /// <typeparam name="TUserId">The type of the id, as for
    /// <see cref="ISessionManager.SetUserId{TUserId}(TUserId)"/>.</typeparam>
    /// <param name="userId">The id of the user, compared exactly.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The number of sessions that this call ended: living sessions, sessions that were signed out with their
    /// values kept, and expired sessions that were still stored. Sessions that ended before are not counted. On a plain
    /// cache the sessions that only other processes know are not counted either.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    Task<int> EraseUserAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default);
}
