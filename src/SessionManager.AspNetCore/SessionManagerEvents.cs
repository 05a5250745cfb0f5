namespace SessionManager.AspNetCore;

/// <summary>
/// What the application does when a session begins, changes its user or its token, or ends. Set a delegate, or derive
/// from the class and override a method. The default of every delegate does nothing.
/// </summary>
/// <remarks>
/// <para>A handler is awaited after the change is saved and before the response leaves. Each event is raised once. An
/// exception of a handler is logged (event 29), and the request goes on. A handler may use the session, the response
/// and authentication. A change of the session that would raise the same event again throws
/// <see cref="InvalidOperationException"/>.</para>
/// <para>The end of a session is raised by the process that notices it. A destroy, a revocation and a limit are noticed
/// at once. An expired session is noticed when its token is next brought, while the store keeps the record: at least
/// <see cref="SessionManagerOptions.IdleTimeout"/> past the session's end.</para>
/// <para>An expired session whose token does not come back is noticed by some stores. The store in memory notices it
/// one to three minutes after its end, or sooner when <see cref="SessionManagerOptions.IdleTimeout"/> is below two
/// minutes, or later when a request that found it alive still runs. On a plain cache, a process that has created or
/// loaded the session notices it halfway between the session's end and the end of its record. On Redis, SQLite and
/// PostgreSQL it is not noticed, because records that have expired are removed without telling. A session that the
/// store evicts, and on a plain cache a session whose processes have restarted, is not noticed either. Such ends are
/// looked for only while the application handles <see cref="OnEnded"/>. Otherwise they are neither logged nor
/// counted.</para>
/// <para>On Redis, SQLite and PostgreSQL each end is raised once. On a plain cache two processes that notice the same
/// end at the same moment may both raise it. The revocation of a user's sessions is raised at once for the sessions
/// that the revoking process has created or loaded, and for the other sessions when their token is next
/// brought.</para>
/// </remarks>
public class SessionManagerEvents
{
    internal static readonly Func<SessionEndedContext, Task> EndIgnored = static _ => Task.CompletedTask;

    /// <summary>A session began.</summary>
    public Func<SessionEventContext, Task> OnCreated { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A user signed in: for the first time, again, or in place of another user. The token was
    /// replaced.</summary>
    public Func<SessionEventContext, Task> OnSignedIn { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The token was replaced without a sign-in: by <see cref="ISessionManager.RotateToken"/>, by a sign-out,
    /// or because <see cref="SessionManagerOptions.TokenRotationInterval"/> had passed.</summary>
    public Func<SessionEventContext, Task> OnTokenRotated { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A session was destroyed, was revoked, or expired. When the end is noticed without a request (see the
    /// remarks of the class), <see cref="SessionEventContext.HttpContext"/> is <see langword="null"/>. The search for
    /// such ends waits for a handler for 30 seconds at most.</summary>
    public Func<SessionEndedContext, Task> OnEnded { get; set; } = EndIgnored;

    /// <summary>A request brought a token that had been replaced. It may be a slow request, an old tab, or a thief. The
    /// session goes on, unless the handler calls <see cref="StaleTokenContext.EndSession"/>.</summary>
    /// <remarks>When a sign-in replaced the token less than five seconds ago, the event is raised at the start of the
    /// response. It is not raised for the second click of a double-clicked sign-in.</remarks>
    public Func<StaleTokenContext, Task> OnStaleToken { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Runs when a session began. Calls <see cref="OnCreated"/>.</summary>
    /// <param name="context">The session.</param>
    /// <returns>A task that ends when the handler has ended.</returns>
    public virtual Task Created(SessionEventContext context) => OnCreated(context);

    /// <summary>Runs when a user signed in. Calls <see cref="OnSignedIn"/>.</summary>
    /// <param name="context">The session.</param>
    /// <returns>A task that ends when the handler has ended.</returns>
    public virtual Task SignedIn(SessionEventContext context) => OnSignedIn(context);

    /// <summary>Runs when the token was replaced without a sign-in. Calls <see cref="OnTokenRotated"/>.</summary>
    /// <param name="context">The session.</param>
    /// <returns>A task that ends when the handler has ended.</returns>
    public virtual Task TokenRotated(SessionEventContext context) => OnTokenRotated(context);

    /// <summary>Runs when a session ended. Calls <see cref="OnEnded"/>.</summary>
    /// <param name="context">The session, as it was, and the reason.</param>
    /// <returns>A task that ends when the handler has ended.</returns>
    public virtual Task Ended(SessionEndedContext context) => OnEnded(context);

    /// <summary>Runs when a request brought a token that had been replaced. Calls <see cref="OnStaleToken"/>.</summary>
    /// <param name="context">The session that the token used to open.</param>
    /// <returns>A task that ends when the handler has ended.</returns>
    public virtual Task StaleToken(StaleTokenContext context) => OnStaleToken(context);
}
