using System.Text;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Makes a handler's changes to the session. The changes go to the draft, and <see cref="SessionSaver"/> saves
/// them.</summary>
internal sealed class SessionEdits(
    SessionGuard guard,
    SessionView view,
    SessionEvents events,
    SessionSchemes schemes,
    SessionSaver saver,
    SessionToucher toucher,
    SessionCookie cookie,
    IOptions<SessionManagerOptions> options)
{
    private readonly SessionManagerOptions _options = options.Value;

    /// <summary>Sets a value.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="establishes">Whether the value begins a session even if it is removed before the save.</param>
    public void Set(RequestSession session, string key, SessionValue value, bool establishes = false) =>
        TrySet(session, key, value, establishes, expected: default);

    /// <summary>Sets the first value of a new session.</summary>
    /// <returns>Whether the value was set. It is not when another thread of the request was faster.</returns>
    public bool TryBegin(RequestSession session, string key, SessionValue? expected, SessionValue value) =>
        TrySet(session, key, value, establishes: false, (true, expected));

    public bool Remove(RequestSession session, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        guard.ThrowIfUnwritable(session);
        if (!view.TryGet(session, key, out _))
        {
            return false;
        }

        var length = Encoding.UTF8.GetByteCount(key);
        return guard.Change(session, (key, length), static (draft, it) => draft.Values.Remove(it.key, it.length));
    }

    public void RemoveAll(RequestSession session) => Change(session, static draft => draft.Values.Clear());

    public void SignIn(RequestSession session, UserSignIn signIn)
    {
        guard.ThrowIfUnwritable(session);
        SessionGuard.ThrowIfTooLateForCookie(session);
        var begins = view.HasSession(session) ? SessionEventKinds.None : SessionEventKinds.Created;
        events.ThrowIfHandling(SessionEventKinds.SignedIn | begins);
        lock (session)
        {
            var (keepsValues, recognised) = (_options.KeepValuesOnSignIn, session.KnownExtras?.Recognised);
            guard.Change(session, (signIn, schemes, keepsValues, recognised), static (draft, it) =>
            {
                draft.SignIn(it.signIn, it.schemes, it.keepsValues, it.recognised);
                return true;
            });
            if (session.Draft is { Recognised: not null })
            {
                session.KnownExtras?.ForgetStale();
            }
        }
    }

    /// <summary>Renews the sign-in of the signed-in user.</summary>
    public void Renew(RequestSession session, SignInRenewal renewal)
    {
        guard.ThrowIfUnwritable(session);
        Change(session, draft => draft.Renew(renewal));
    }

    public void SignOut(RequestSession session)
    {
        guard.ThrowIfUnwritable(session);
        if (view.UserId(session) is not null)
        {
            events.ThrowIfHandling(SessionEventKinds.TokenRotated);
            guard.Change(session, _options.ClearSessionScope, static (draft, scope) =>
            {
                draft.SignOut(scope);
                return true;
            }, ends: true);
        }
        else
        {
            EndReplaced(session, destroys: false);
        }
    }

    public void EndImpersonation(RequestSession session)
    {
        guard.ThrowIfUnwritable(session);
        lock (session)
        {
            if (!ActorFrame.Is(session.Draft is { } draft ? draft.Principal : session.Record?.Principal ?? default))
            {
                return;
            }

            SessionGuard.ThrowIfTooLateForCookie(session);
            if (cookie.IsConsentMissing(session.Context))
            {
                throw SessionErrors.ActsWithoutConsent();
            }

            events.ThrowIfHandling(SessionEventKinds.TokenRotated);
            Change(session, static draft => draft.EndImpersonation());
        }
    }

    public void Rotate(RequestSession session)
    {
        guard.ThrowIfUnwritable(session);
        SessionGuard.ThrowIfTooLateForCookie(session);
        if (view.HasSession(session))
        {
            events.ThrowIfHandling(SessionEventKinds.TokenRotated);
            Change(session, static draft => draft.Rotate());
        }
    }

    public void Destroy(RequestSession session)
    {
        guard.ThrowIfUnwritable(session);
        var hasSession = view.HasSession(session);
        if (hasSession)
        {
            events.ThrowIfHandling(SessionEventKinds.Ended);
        }

        // The changes are discarded even if the stored session has ended.
        if (hasSession || session.Draft is { IsLost: true })
        {
            Change(session, static draft => draft.End(), ends: true);
        }

        EndReplaced(session, destroys: true);
    }

    /// <summary>Discards the unsaved changes except for an end or a sign-out. A response that a failed save has held
    /// back may leave, because the application knows of the failure.</summary>
    public static void Discard(RequestSession session)
    {
        session.KnownChanges?.Discard(keepsEndings: true);
        session.KnownResponse?.Reopen();
    }

    /// <summary>Saves the changes for a handler that asks for it. The call counts as a use even if there are no
    /// changes.</summary>
    public async ValueTask SaveAsync(RequestSession session, CancellationToken cancellationToken)
    {
        guard.ThrowIfUnreadable(session);
        if (session.IsClosed)
        {
            return;
        }

        if (session.HasChanges)
        {
            guard.ThrowIfUnwritable(session);
            await saver.SaveAsync(session, cancellationToken);
            session.KnownResponse?.Reopen();
        }
        else
        {
            await toucher.TouchForHandlerAsync(session, cancellationToken);
        }
    }

    private bool TrySet(
        RequestSession session,
        string key,
        SessionValue value,
        bool establishes,
        (bool IsSet, SessionValue? Value) expected)
    {
        var length = SessionKey.Measure(key, _options.MaxKeyBytes);
        if (value.Kind == SessionValueKind.Raw)
        {
            // All other values were measured when they were encoded.
            ValueCodec.ThrowIfTooLarge(key, value, _options);
        }

        guard.ThrowIfUnwritable(session);
        lock (session)
        {
            if (session.Stored is null)
            {
                ThrowIfUnbeginnable(session);
            }

            if (expected.IsSet && (session.Stored is not null || expected.Value != Drafted(session, key)))
            {
                return false;
            }

            session.Response.Watch();
            return session.Changes.Change((key, length, value, establishes, _options), static (draft, it) =>
            {
                draft.Values.Set(it.key, it.length, it.value, it.establishes, it._options);
                return true;
            });
        }
    }

    // The request's token opens nothing, but the user has just replaced it, and so may mean the session that it opened.
    private void EndReplaced(RequestSession session, bool destroys)
    {
        if (session.KnownExtras is { Recognised: { } replaced } extras && session.Draft is not { Recognised: not null })
        {
            extras.ForgetStale();
            Change(session, draft => draft.EndReplaced(replaced, destroys), ends: true);
        }
    }

    private void ThrowIfUnbeginnable(RequestSession session)
    {
        if (session.Context.Response.HasStarted)
        {
            throw SessionErrors.TooLateToBegin();
        }

        if (session.Draft is not { HasSession: true })
        {
            events.ThrowIfHandling(SessionEventKinds.Created);
        }
    }

    private static SessionValue? Drafted(RequestSession session, string key) =>
        session.Draft?.Values.TryGet(key, out var current) == true ? current : null;

    private void Change(RequestSession session, Action<SessionDraft> change, bool ends = false) =>
        guard.Change(session, change, static (draft, change) =>
        {
            change(draft);
            return true;
        }, ends);
}
