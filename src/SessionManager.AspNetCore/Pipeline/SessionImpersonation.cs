using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Lets the user of a session, support, act as another user, a customer. The session stays the same one; its values are set aside until the
/// acting ends.</summary>
internal static class SessionImpersonation
{
    /// <summary>Begins it, and saves that.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the user acts already, or would act as the very same user.</exception>
    /// <exception cref="SessionEndedException">The session ended, or changed its user or its token, meanwhile.</exception>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public static async Task BeginAsync(RequestSession session, string userId, CancellationToken cancellationToken)
    {
        session.Watch();
        session.ThrowIfTooLateForCookie();
        session.Pipeline.Events.ThrowIfHandling(SessionEventKinds.TokenRotated);
        // What was changed before was changed as the user who acts; a sign-in too.
        await SessionSaver.SaveAsync(session, cancellationToken);
        await SessionSaver.EnterAsync(session.Changes, cancellationToken);
        Exception? failure = null;
        try
        {
            await ActAsync(session, userId, cancellationToken);
        }
        catch (Exception exception)
        {
            failure = exception;
            if (exception is SessionStoreException)
            {
                session.Pipeline.Logger.StoreFailed("impersonate", session.CurrentId(), exception.Message);
            }

            throw;
        }
        finally
        {
            session.Changes.EndTurn(failure);
        }

        await session.RaiseEventsAsync();
    }

    private static async ValueTask ActAsync(RequestSession session, string userId, CancellationToken cancellationToken)
    {
        if (session.Record is not { UserId: { } actor } before)
        {
            throw SessionErrors.NobodyToAct();
        }

        if (before.IsActing)
        {
            throw SessionErrors.ActsAlready();
        }

        if (string.Equals(actor, userId, StringComparison.Ordinal))
        {
            throw SessionErrors.ActsAsItself();
        }

        if (SessionSaver.IsConsentMissing(session))
        {
            throw SessionErrors.ActsWithoutConsent();
        }

        // A new secret that nobody has yet, and a new generation: from here on no other request stores a value that would be missing among those
        // that are set aside.
        var token = SessionToken.NewFor(before.Id);
        var closing = Describe(session, before, new SessionIdentity(actor, actor, before.AuthenticatedAt, StartedAt: null, MovesGeneration: true)
        {
            Principal = before.Principal,
        }, new SessionSecretChange(token.HashSecret(), before.SecretHash, Required: true));
        await CommitAsync(session, closing, cancellationToken);
        session.Become(CommitRules.Apply(before, closing, secretChanged: true), token);
        session.Response.IssueCookie(token);

        var found = await session.Pipeline.Store.LoadAsync(before.Id, new RecordTouch(default, session.Pipeline.Now, Allowed: false), cancellationToken);
        if (found is not { Record: { } current, EndReason: null } || !current.Accepts(closing.Secret!.Value.NewHash, session.Pipeline.Now))
        {
            throw SessionSaver.Refused(session, before.Id, SessionCommitOutcome.Gone);
        }

        var frame = new ActorFrame(actor, current.Epoch, current.Principal, [.. current.Values]);
        var member = new SessionMember(current.Id, session.Pipeline.Now);
        await session.Pipeline.Store.AdmitAsync(SessionNotes.OfActorsAs(userId), member, limit: null, cancellationToken);
        var acting = Describe(session, current, new SessionIdentity(userId, userId, current.AuthenticatedAt, StartedAt: null, MovesGeneration: true)
        {
            Principal = frame.Write(),
        }, secret: null);
        await CommitAsync(session, acting, cancellationToken);
        var record = CommitRules.Apply(current, acting, secretChanged: false);
        session.Become(record, token);
        session.Response.ClearSite();
        session.Pipeline.Logger.ImpersonationBegan(record.Id);
        session.Tell(() => session.Pipeline.Events.TokenRotatedAsync(record, session.Context));
    }

    private static SessionCommit Describe(RequestSession session, SessionRecord record, SessionIdentity identity, SessionSecretChange? secret) => new()
    {
        Id = record.Id,
        Now = session.Pipeline.Now,
        Generation = record.Generation,
        Touches = session.Touches,
        Identity = identity,
        Secret = secret,
        DropsValues = secret is null,
    };

    private static async ValueTask CommitAsync(RequestSession session, SessionCommit commit, CancellationToken cancellationToken)
    {
        var result = await session.Pipeline.Store.CommitAsync(commit, cancellationToken);
        if (result.Outcome != SessionCommitOutcome.Committed)
        {
            throw SessionSaver.Refused(session, commit.Id, result.Outcome);
        }
    }
}
