using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Lets the user of a session (support) act as another user (a customer). The session stays the same. Its
/// values are set aside until the impersonation ends.</summary>
internal sealed class Impersonation(
    SessionRepository sessions,
    SessionPointers pointers,
    SessionSaver saver,
    SessionGuard guard,
    SessionEvents events,
    SessionCookie cookie,
    SessionClock clock,
    SaveReport report,
    OutageLog outages,
    ILogger<Impersonation> logger)
{
    /// <summary>Begins an impersonation and saves it.</summary>
    /// <exception cref="InvalidOperationException">No user is signed in, the user acts already, or the two users are
    /// the same.</exception>
    /// <exception cref="SessionEndedException">The session has ended or has changed its user or its token
    /// meanwhile.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public async Task BeginAsync(RequestSession session, string userId, CancellationToken cancellationToken)
    {
        guard.Watch(session);
        SessionGuard.ThrowIfTooLateForCookie(session);
        events.ThrowIfHandling(SessionEventKinds.TokenRotated);

        // Earlier changes, such as a sign-in, belong to the acting user, so they are saved first.
        await saver.SaveAsync(session, cancellationToken);
        await session.Changes.EnterAsync(cancellationToken);
        Exception? failure = null;
        try
        {
            await ActAsync(session, ActorOf(session, userId), userId, cancellationToken);
        }
        catch (Exception exception)
        {
            failure = exception;
            if (exception is SessionStoreException)
            {
                outages.RequestFailed("impersonate", session.CurrentId(), exception);
            }

            throw;
        }
        finally
        {
            session.Changes.EndTurn(failure);
        }

        await session.RaiseEventsAsync();
    }

    private SessionRecord ActorOf(RequestSession session, string userId)
    {
        if (session.Record is not { UserId: { } actor } record)
        {
            throw SessionErrors.NobodyToAct();
        }

        if (record.IsActing)
        {
            throw SessionErrors.ActsAlready();
        }

        if (string.Equals(actor, userId, StringComparison.Ordinal))
        {
            throw SessionErrors.ActsAsItself();
        }

        return cookie.IsConsentMissing(session.Context) ? throw SessionErrors.ActsWithoutConsent() : record;
    }

    private async ValueTask ActAsync(
        RequestSession session, SessionRecord before, string userId, CancellationToken cancellationToken)
    {
        // The session gets a new secret and a new generation first. After that, no other request can store a value that
        // would be missing among the values that are set aside.
        var actor = before.UserId!;
        var token = SessionToken.NewFor(before.Id);
        var secret = new SessionSecretChange(token.HashSecret(), before.SecretHash, Required: true);
        var current = await CommitAsync(
            session, before, Identify(before, actor, before.Principal), secret, cancellationToken);
        session.Become(current, token);
        session.Response.IssueCookie(token);

        var setAside = current.Keys.Select(key =>
            KeyValuePair.Create(key, current.TryGetValue(key, out var value) ? value : default));
        var frame = new ActorFrame(actor, current.Epoch, current.Principal, [.. setAside]);
        await pointers.WriteAsync(userId, current, clock.Now, cancellationToken);
        var record = await CommitAsync(
            session, current, Identify(current, userId, frame.Write()), secret: null, cancellationToken);
        session.Become(record, token);
        session.Response.ClearSite();
        logger.ImpersonationBegan(record.Id);
        session.Tell(() => events.TokenRotatedAsync(record, session.Context));
    }

    private static SessionIdentity Identify(SessionRecord record, string userId, ReadOnlyMemory<byte> principal) =>
        new(userId, userId, record.AuthenticatedAt, StartedAt: null, MovesGeneration: true) { Principal = principal };

    private async ValueTask<SessionRecord> CommitAsync(
        RequestSession session,
        SessionRecord record,
        SessionIdentity identity,
        SessionSecretChange? secret,
        CancellationToken cancellationToken)
    {
        var commit = new SessionCommit
        {
            Id = record.Id,
            Now = clock.Now,
            Base = record,
            Touches = session.Touches,
            Identity = identity,
            Secret = secret,
            DropsValues = secret is null,
        };
        var result = await sessions.CommitAsync(commit, cancellationToken);
        return result.Outcome == SessionCommitOutcome.Committed
            ? result.AfterOf(commit)
            : throw report.Refused(record.Id, result.Outcome);
    }
}
