namespace SessionManager.AspNetCore;

/// <summary>
/// What the application does when a session begins, changes hands or ends: set a delegate, or derive and override. Each is awaited,
/// after the change is saved and before the response leaves, and raised once. A handler that throws is logged (event 29) and does not
/// disturb the request. A handler may use the session, the response and authentication; a change of the session that would raise the event
/// which is being handled throws <see cref="InvalidOperationException"/>.
/// </summary>
/// <remarks>
/// An end is raised when it is noticed, by the process that notices it. A destroy, a revocation and a limit: at once. An expired session, on
/// every store: when its token is next brought, for as long as the store keeps the record, which is <see cref="SessionManagerOptions.IdleTimeout"/>
/// past its end at least. A session whose token does not come back: in memory, one to three minutes after its end (sooner
/// when <see cref="SessionManagerOptions.IdleTimeout"/> is below two minutes), unless a request that found it alive still runs; on a plain cache, halfway
/// between its end and the end of its record, by a process that has made or loaded it. On Redis it is forgotten without an event: Redis removes
/// keys without telling. So is one that the store evicts, and on a plain cache one whose processes have restarted. Such ends are looked for only
/// while the application handles <see cref="OnEnded"/>; otherwise they are neither logged nor counted.
/// On Redis each end is raised once. On a plain cache two processes that notice the same end at the same moment may both raise it,
/// and a revocation of a user's sessions is raised at once for those that the revoking process has made or loaded, for the others when their
/// token is next brought.
/// </remarks>
public class SessionManagerEvents
{
    internal static readonly Func<SessionEndedContext, Task> EndIgnored = static _ => Task.CompletedTask;

    /// <summary>A session was begun.</summary>
    public Func<SessionEventContext, Task> OnCreated { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A user signed in: for the first time, again, or in place of another user. The token was replaced.</summary>
    public Func<SessionEventContext, Task> OnSignedIn { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The token was replaced other than by a sign-in: by <see cref="ISessionManager.RotateToken"/>, by a sign-out, or because
    /// <see cref="SessionManagerOptions.TokenRotationInterval"/> had passed and the next one was issued.</summary>
    public Func<SessionEventContext, Task> OnTokenRotated { get; set; } = static _ => Task.CompletedTask;

    /// <summary>A session ended: destroyed, revoked, or expired. An expired one is noticed when its token is next brought, or without that, where the
    /// store knows its sessions (see the remarks): then there is no request, and <see cref="SessionEventContext.HttpContext"/> is
    /// <see langword="null"/>. An end that was noticed so does not wait for a handler longer than 30 seconds, to notice others.</summary>
    public Func<SessionEndedContext, Task> OnEnded { get; set; } = EndIgnored;

    /// <summary>A request brought a token that had been replaced: a slow request, an old tab, or a thief. Nothing else happens unless
    /// the handler calls <see cref="StaleTokenContext.EndSession"/>. Where a sign-in replaced the token less than five seconds ago, the event waits
    /// for what the request does, until its response starts: a second click of that sign-in does not raise it.</summary>
    public Func<StaleTokenContext, Task> OnStaleToken { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Called when a session was begun. Calls <see cref="OnCreated"/>.</summary>
    public virtual Task Created(SessionEventContext context) => OnCreated(context);

    /// <summary>Called when a user signed in. Calls <see cref="OnSignedIn"/>.</summary>
    public virtual Task SignedIn(SessionEventContext context) => OnSignedIn(context);

    /// <summary>Called when the token was replaced other than by a sign-in. Calls <see cref="OnTokenRotated"/>.</summary>
    public virtual Task TokenRotated(SessionEventContext context) => OnTokenRotated(context);

    /// <summary>Called when a session ended. Calls <see cref="OnEnded"/>.</summary>
    public virtual Task Ended(SessionEndedContext context) => OnEnded(context);

    /// <summary>Called when a replaced token was brought. Calls <see cref="OnStaleToken"/>.</summary>
    public virtual Task StaleToken(StaleTokenContext context) => OnStaleToken(context);
}
