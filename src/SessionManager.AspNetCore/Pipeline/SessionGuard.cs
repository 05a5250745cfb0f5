using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Decides whether a request may read or change its session. Each read and each change asks the guard
/// first.</summary>
internal sealed class SessionGuard(
    SessionLoader loader, IOptions<SessionManagerOptions> options, ILogger<SessionServices> logger)
{
    /// <summary>Throws when the session can't be read, and marks the session as used.</summary>
    public void ThrowIfUnreadable(RequestSession session)
    {
        if (session.IsDisabled)
        {
            ThrowIfClosed(session);
            throw SessionErrors.Disabled(session.Context);
        }

        if (session.State.LoadState == LoadState.NotLoaded && session.Progress.IsLoadedAtUse && !session.IsClosed)
        {
            LoadAtUse(session);
        }

        if (session.LoadState is not (LoadState.Loaded or LoadState.Anonymous) and var state)
        {
            ThrowIfClosed(session);
            if (state == LoadState.NotLoaded && session.State.IsBeingLoaded)
            {
                // No handler runs yet. A logger or the store asks for a session that is being loaded.
                return;
            }

            throw Noted(session, SessionErrors.NotReadable(state, session.KnownExtras?.Failure));
        }

        if (!session.IsClosed)
        {
            SessionResponse.Use(session);
        }
    }

    /// <summary>Throws when the session can't be changed.</summary>
    public void ThrowIfUnwritable(RequestSession session)
    {
        ThrowIfUnreadable(session);
        if (session.IsClosed)
        {
            throw SessionErrors.RequestEnded();
        }

        if ((!session.Progress.IsBound && session.KnownExtras is not { IsChangedByScheme: true })
            || session.State.LoadState == LoadState.NotLoaded)
        {
            throw SessionErrors.NotBound();
        }

        if (session.State.LoadState == LoadState.Anonymous)
        {
            throw Noted(session, SessionErrors.NotLoaded(session.KnownExtras?.Failure));
        }

        if (session.IsReadOnly)
        {
            throw SessionErrors.ReadOnly(session.Context);
        }
    }

    /// <summary>Makes a change that follows from what the session keeps, such as the sign-out of a rejected principal.
    /// No handler asks for the change, so it needs neither <c>UseSessionManager</c> nor an endpoint that may change the
    /// session. It is saved before the response starts.</summary>
    public static void ChangeOnBehalf<TState>(
        RequestSession session, TState state, Func<SessionDraft, TState, bool> change, bool ends = false)
    {
        lock (session)
        {
            if (!session.IsClosed)
            {
                WatchResponse(session);
                session.Changes.Change(state, change, ends);
            }
        }
    }

    /// <summary>Throws when the session can't be changed, and holds the response back until the changes are
    /// saved.</summary>
    public void Watch(RequestSession session)
    {
        ThrowIfUnwritable(session);
        WatchResponse(session);
    }

    /// <summary>Makes a change if the session can be changed.</summary>
    /// <param name="session">The session.</param>
    /// <param name="state">The state that the change gets.</param>
    /// <param name="change">The change.</param>
    /// <param name="ends">Whether the change is an end or a sign-out, which a discard keeps.</param>
    public TResult Change<TState, TResult>(
        RequestSession session, TState state, Func<SessionDraft, TState, TResult> change, bool ends = false)
    {
        lock (session)
        {
            Watch(session);
            return session.Changes.Change(state, change, ends);
        }
    }

    /// <summary>Signs the user out whose principal was rejected.</summary>
    public static void Reject(RequestSession session) =>
        ChangeOnBehalf(session, session.Services.Options.ClearSessionScope, static (draft, scope) =>
        {
            draft.Reject(scope);
            return true;
        }, ends: true);

    /// <summary>Throws when the user is not known because the store can't be reached.</summary>
    public static void ThrowIfFailed(RequestSession session)
    {
        if (session.HasFailed)
        {
            throw Noted(session, SessionErrors.NotReadable(LoadState.Failed, session.KnownExtras?.Failure));
        }
    }

    /// <summary>Creates the exception for a change while it is not known whether the store has the earlier changes. The
    /// save would take them for the changes of another request.</summary>
    public static Exception InDoubt(RequestSession session) => Noted(session, SessionErrors.InDoubt());

    /// <summary>Throws when the change needs a cookie and the response has started.</summary>
    public static void ThrowIfTooLateForCookie(RequestSession session)
    {
        if (session.Context.Response.HasStarted)
        {
            throw SessionErrors.TooLateForCookie();
        }
    }

    public static void ThrowIfClosed(RequestSession session)
    {
        if (session.IsClosed)
        {
            throw SessionErrors.RequestEnded();
        }
    }

    /// <summary>Excludes the request from the uses of the session.</summary>
    public static void SkipTouch(RequestSession session)
    {
        if (session.IsDisabled)
        {
            throw SessionErrors.Disabled(session.Context);
        }

        lock (session)
        {
            session.Use.Skip();
        }
    }

    // The gate stands in front of the body where UseSessionManager takes it away again. Elsewhere, the changes are
    // saved when the response starts.
    private static void WatchResponse(RequestSession session)
    {
        if (session.Progress.IsBound)
        {
            session.Response.Watch();
        }
        else
        {
            ResponseStart.Hook(session);
        }
    }

    // Should gRPC catch the failure, its client is told of it.
    private static Exception Noted(RequestSession session, Exception failure) =>
        CaughtFailure.Noted(session.Context, failure);

    // A static file needs no session, so none was loaded. Whatever runs in front of the files, or of UseSessionManager,
    // and uses the session all the same gets it: here alone somebody waits for the store in a property.
    private void LoadAtUse(RequestSession session)
    {
        if (options.Value.LoadMode != LoadMode.Eager)
        {
            return;
        }

        logger.LoadedAtUse(session.Context.TraceIdentifier);
        var load = loader.LoadAsync(session, session.Settings, CancellationToken.None);
        if (!load.IsCompletedSuccessfully)
        {
            load.AsTask().GetAwaiter().GetResult();
        }
    }
}
