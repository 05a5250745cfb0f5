using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Makes the changes that the authentication scheme asks for.</summary>
internal sealed class SchemeChanges(
    IOptions<SessionManagerOptions> options,
    SessionView view,
    SessionGuard guard,
    SessionEdits edits,
    SessionSaver saver,
    SessionRepository sessions,
    SessionEnding ending,
    OutageLog outages,
    SessionClock clock)
{
    private readonly SessionManagerOptions _options = options.Value;

    /// <summary>Makes a change, and saves it at once where <c>UseSessionManager</c> does not have the request: a remote
    /// scheme answers its callback in front of it, in the authentication middleware.</summary>
    public async Task MakeAsync(RequestSession session, Func<Task> change)
    {
        var saves = !session.Progress.IsBound;
        await LetAsync(session, change);
        if (saves)
        {
            await SaveAsync(session);
        }
    }

    /// <summary>Lets the application change the session in an event of the scheme, also where <c>UseSessionManager</c>
    /// does not have the request. The changes are saved before the response starts.</summary>
    public static async Task LetAsync(RequestSession session, Func<Task> work)
    {
        if (session.Progress.IsBound)
        {
            await work();
            return;
        }

        // One event may sign in, and so be in another.
        var before = session.Extras.IsChangedByScheme;
        session.Extras.IsChangedByScheme = true;
        try
        {
            await work();
        }
        finally
        {
            session.Extras.IsChangedByScheme = before;
        }
    }

    /// <summary>Signs a user in.</summary>
    /// <param name="session">The session.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="user">The principal.</param>
    /// <param name="userIdClaimType">The scheme's own claim of the user id.</param>
    /// <param name="properties">The properties of the sign-in.</param>
    /// <param name="renews">Whether the properties came out of this session, so that a sign-in of its user is a
    /// renewal.</param>
    public void SignIn(
        RequestSession session,
        string scheme,
        ClaimsPrincipal user,
        string? userIdClaimType,
        AuthenticationProperties? properties,
        bool renews)
    {
        if (view.Info(session)?.ActorId is not null && (renews || SessionPrincipal.IsActing(user)))
        {
            // A renewal would make who acts the other user for good.
            throw SessionErrors.SignsInWhoIsActedAs();
        }

        var text = TextOf(user, userIdClaimType);
        var details = Keep(user, properties, scheme);
        if (renews && view.IsSignedIn(session, text, scheme))
        {
            edits.Renew(session, new SignInRenewal(
                session.Record?.AuthenticatedAt, details.Write(), ValidatedAt: null));
        }
        else
        {
            var now = clock.Now;
            var asked = SignInTermsRules.Of(SessionPrincipal.AskedBy(properties), now, _options);
            var terms = SignInTerms.Of(asked, SessionPrincipal.ProviderOf(user));
            edits.SignIn(session, new UserSignIn(text, details, KeepsTicket: false, terms, now));
        }
    }

    /// <summary>Signs the user of a scheme out.</summary>
    public void SignOut(RequestSession session, string scheme)
    {
        guard.ThrowIfUnwritable(session);
        if (view.IsSignedInBy(session, scheme))
        {
            edits.SignOut(session);
        }
    }

    /// <summary>Keeps what the validation of a principal has left.</summary>
    public async Task RenewAsync(
        RequestSession session, SessionRecord record, string scheme, SessionValidatePrincipalContext validation)
    {
        if (record.IsActing || !(validation.ShouldRenew || validation.IsMarked))
        {
            return;
        }

        DateTimeOffset? validatedAt = validation.IsMarked ? clock.Now : null;
        if (!validation.ShouldRenew)
        {
            await MarkAsync(session, record, new SignInRenewal(record.AuthenticatedAt, null, validatedAt));
            return;
        }

        var text = TextOf(validation.Principal!, validation.Options.UserIdClaimType);
        if (!string.Equals(text, record.UserId, StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                "The principal to renew is that of another user. Call SignInAsync to sign that user in.");
        }

        var principal = Keep(validation.Principal!, validation.Properties, scheme).Write();
        var renewal = new SignInRenewal(record.AuthenticatedAt, principal, validatedAt);
        SessionGuard.ChangeOnBehalf(session, renewal, static (draft, renewal) =>
        {
            // A user who has signed in or out since is not renewed.
            if (draft.Identity is null)
            {
                draft.Renew(renewal);
            }

            return true;
        });
    }

    /// <summary>Signs the user out whose principal was rejected, or ends the session.</summary>
    public async Task RejectAsync(RequestSession session, SessionRecord record, bool endsSession)
    {
        session.Extras.Rejected = record;
        if (endsSession)
        {
            // A later sign-in stays.
            var condition = new SessionEndCondition
            {
                UserId = record.UserId,
                AuthenticatedAt = record.AuthenticatedAt,
            };
            await ending.EndAsync(record, SessionEndReason.Revoked, session.Context, session, condition);
            session.Lose(SessionEndReason.Revoked);
            return;
        }

        SessionGuard.Reject(session);
    }

    // As a touch: if it fails, the principal is only validated again sooner.
    private async Task MarkAsync(RequestSession session, SessionRecord record, SignInRenewal renewal)
    {
        await session.Changes.EnterAsync(CancellationToken.None);
        try
        {
            var commit = new SessionCommit
            {
                Id = record.Id,
                Now = clock.Now,
                Base = session.Record ?? record,
                BroughtHash = session.BroughtHash(record),
                Touches = session.Touches,
                Renewal = renewal,
            };
            var result = await sessions.CommitAsync(commit, CancellationToken.None);
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                session.Refresh(result.AfterOf(commit));
            }
        }
        catch (SessionStoreException exception)
        {
            outages.RequestFailed("validate", record.Id, exception);
        }
        finally
        {
            session.Changes.EndTurn(failure: null);
        }
    }

    private async Task SaveAsync(RequestSession session)
    {
        try
        {
            await saver.SaveAsync(session, CancellationToken.None);
        }
        catch (Exception exception) when (RequestFailure.IsOfSession(exception))
        {
            // The request is answered for the failure, and nothing is saved beside that answer.
            session.KnownChanges?.Discard(keepsEndings: false);
            throw;
        }
    }

    private string TextOf(ClaimsPrincipal user, string? userIdClaimType) =>
        UserIdText.From(SessionPrincipal.UserIdOf(user, userIdClaimType), _options)
            ?? throw new InvalidOperationException(
                "The principal to sign in has no user id. Give it a claim of type ClaimTypes.NameIdentifier, or "
                + "'sub', or a name.");

    private SignInDetails Keep(ClaimsPrincipal user, AuthenticationProperties? properties, string scheme)
    {
        var details = SessionPrincipal.Keep(user, properties, scheme);
        return details.Ticket.Length <= _options.MaxValueBytes
            ? details
            : throw new SessionValueException(
                $"The principal to sign in takes {details.Ticket.Length} bytes, and the limit is "
                + $"{_options.MaxValueBytes} (MaxValueBytes). Give it fewer claims.");
    }
}
