using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The session as a request sees it: the stored session with the unsaved changes of the request.</summary>
internal sealed class SessionView(
    SessionLoader loader,
    SessionReload reload,
    SessionGuard guard,
    DraftCommits commits,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionSchemes schemes)
{
    public static bool IsAvailable(RequestSession session) =>
        session.LoadState == LoadState.Loaded && !session.IsDisabled;

    public string Id(RequestSession session)
    {
        guard.ThrowIfUnreadable(session);
        return session.CurrentId().ToString();
    }

    public bool TryGet(RequestSession session, string key, out SessionValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        guard.ThrowIfUnreadable(session);
        value = default;
        if (!SessionKey.TryMeasure(key, out _))
        {
            return false;
        }

        if (session.KnownChanges is null)
        {
            // Without changes, no lock is needed.
            return session.Record?.TryGetValue(key, out value) == true;
        }

        lock (session)
        {
            return session.Draft is { } draft ? draft.Values.TryGet(key, out value)
                : session.Record?.TryGetValue(key, out value) == true;
        }
    }

    public string[] Keys(RequestSession session)
    {
        guard.ThrowIfUnreadable(session);
        lock (session)
        {
            return [.. session.Draft?.Values.Keys ?? session.Record?.Keys ?? []];
        }
    }

    public string? UserId(RequestSession session)
    {
        guard.ThrowIfUnreadable(session);
        if (session.KnownChanges is null)
        {
            return session.Record?.UserId;
        }

        lock (session)
        {
            return session.Draft is { } draft ? draft.UserId : session.Record?.UserId;
        }
    }

    public bool HasSession(RequestSession session)
    {
        guard.ThrowIfUnreadable(session);
        lock (session)
        {
            return session.Draft is { } draft ? draft.HasSession : session.Record is not null;
        }
    }

    /// <summary>Returns the session as this request leaves it.</summary>
    public SessionInfo? Info(RequestSession session)
    {
        guard.ThrowIfUnreadable(session);
        lock (session)
        {
            if (session.Draft is { } draft)
            {
                return draft.HasSession ? lifetime.Describe(commits.Preview(session, draft)) : null;
            }

            var now = clock.Now;
            return session.Record is { } record
                ? lifetime.Describe(record, !session.IsClosed && session.IsTouchDue(now) ? now : session.Use.SeenAt)
                : null;
        }
    }

    public SessionEndReason? PreviousEnd(RequestSession session)
    {
        guard.ThrowIfUnreadable(session);
        return session.State.PreviousEnd == default ? null : session.State.PreviousEnd;
    }

    /// <summary>Whether a certain user is signed in by a scheme.</summary>
    public bool IsSignedIn(RequestSession session, string userId, string scheme) =>
        string.Equals(UserId(session), userId, StringComparison.Ordinal) && IsSignedInBy(session, scheme);

    /// <summary>Whether a user is signed in by a scheme.</summary>
    public bool IsSignedInBy(RequestSession session, string scheme)
    {
        if (UserId(session) is null)
        {
            return false;
        }

        lock (session)
        {
            return schemes.IsOf(SignInDetails.Read(
                session.Draft is { } draft ? draft.Principal : session.Record?.Principal ?? default), scheme);
        }
    }

    /// <summary>Returns the stored session and the data of its sign-in, for an authentication scheme. The scheme also
    /// runs when the endpoint has no session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="details">The data of the sign-in; <see langword="null"/> when they can't be read.</param>
    /// <returns>The session; <see langword="null"/> when no user is signed in by the scheme.</returns>
    public SessionRecord? Identify(RequestSession session, string scheme, out SignInDetails? details)
    {
        details = null;
        if (session.State.LoadState != LoadState.Loaded)
        {
            return null;
        }

        var record = session.Record is { UserId: not null } signedIn ? signedIn : null;
        if (record is not null)
        {
            details = SignInDetails.Read(record.Principal);
            record = details is null || schemes.IsOf(details, scheme) ? record : null;
        }

        session.Response.DependOnUser(record is not null);
        return record;
    }

    /// <summary>Loads the session once, unless the endpoint has none. A failure of the store is no error until the
    /// request uses the session.</summary>
    public ValueTask LoadAsync(RequestSession session, CancellationToken cancellationToken) =>
        session.Progress is { IsAsset: true } or { Settings.Mode: SessionMode.Disabled }
            ? ValueTask.CompletedTask
            : LoadForUserAsync(session, cancellationToken);

    /// <summary>Loads the session for a reader of its user, even if the endpoint has no session.</summary>
    public ValueTask LoadForUserAsync(RequestSession session, CancellationToken cancellationToken)
    {
        if (session.State.LoadState != LoadState.NotLoaded)
        {
            return ValueTask.CompletedTask;
        }

        session.State.IsBeingLoaded = true;
        return loader.LoadAsync(session, session.Settings, cancellationToken);
    }

    /// <summary>Loads the session for a handler that asks for it. A failure of the store is an error at once.</summary>
    public async ValueTask LoadForHandlerAsync(RequestSession session, CancellationToken cancellationToken)
    {
        if (session.State.LoadState == LoadState.NotLoaded && !session.IsDisabled)
        {
            SessionGuard.ThrowIfClosed(session);
            await loader.LoadAsync(session, session.Settings, cancellationToken);
        }

        await session.RaiseEventsAsync();
        guard.ThrowIfUnreadable(session);
    }

    /// <summary>Loads the session again, and keeps the unsaved changes of the request.</summary>
    public async ValueTask ReloadAsync(RequestSession session, CancellationToken cancellationToken)
    {
        SessionGuard.ThrowIfClosed(session);
        if (session.State.LoadState is not LoadState.Loaded)
        {
            session.State.LoadState = LoadState.NotLoaded;
            await LoadForHandlerAsync(session, cancellationToken);
            return;
        }

        guard.ThrowIfUnreadable(session);
        if (session.KnownChanges is { IsInDoubt: true })
        {
            throw SessionGuard.InDoubt(session);
        }

        await ReloadInTurnAsync(session, cancellationToken);
        await session.RaiseEventsAsync();
    }

    private async ValueTask ReloadInTurnAsync(RequestSession session, CancellationToken cancellationToken)
    {
        await session.Changes.EnterAsync(cancellationToken);
        Exception? failure = null;
        try
        {
            if (session.Record is { } record)
            {
                await reload.ReloadAsync(session, record, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            failure = CaughtFailure.Noted(session.Context, exception);
            throw;
        }
        finally
        {
            session.Changes.EndTurn(failure);
        }
    }
}
