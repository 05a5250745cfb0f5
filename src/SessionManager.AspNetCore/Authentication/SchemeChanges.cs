using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
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
    SessionEnding ending,
    SessionClock clock)
{
    private readonly SessionManagerOptions _options = options.Value;

    /// <summary>Makes a change, and saves it at once where <c>UseSessionManager</c> does not have the request: a remote
    /// scheme answers its callback in front of it, in the authentication middleware.</summary>
    public async Task MakeAsync(RequestSession session, Action change)
    {
        if (session.Progress.IsBound)
        {
            change();
            return;
        }

        session.Extras.IsChangedByScheme = true;
        try
        {
            change();
        }
        finally
        {
            session.Extras.IsChangedByScheme = false;
        }

        await SaveAsync(session);
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
            edits.Renew(session, new SignInRenewal(details.Write(), ValidatedAt: null));
        }
        else
        {
            var asked = SignInTermsRules.Of(properties, clock.Now, _options);
            var terms = SignInTerms.Of(asked, SessionPrincipal.ProviderOf(user));
            edits.SignIn(session, text, details, keepsTicket: false, terms);
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
    public void Renew(RequestSession session, string scheme, SessionValidatePrincipalContext validation)
    {
        if (!(validation.ShouldRenew || validation.IsMarked) || session.Record is not { IsActing: false } record)
        {
            return;
        }

        ReadOnlyMemory<byte>? principal = null;
        if (validation.ShouldRenew)
        {
            var text = TextOf(validation.Principal!, validation.Options.UserIdClaimType);
            if (!string.Equals(text, record.UserId, StringComparison.Ordinal))
            {
                throw new InvalidOperationException(
                    "The principal to renew is that of another user. Call SignInAsync to sign that user in.");
            }

            principal = Keep(validation.Principal!, validation.Properties, scheme).Write();
        }

        SessionGuard.ChangeOnBehalf(
            session,
            new SignInRenewal(principal, validation.IsMarked ? clock.Now : null),
            static (draft, renewal) =>
            {
                draft.Renew(renewal);
                return true;
            });
    }

    /// <summary>Signs the user out whose principal was rejected, or ends the session.</summary>
    public async Task RejectAsync(RequestSession session, SessionRecord record, bool endsSession)
    {
        if (endsSession)
        {
            await ending.EndAsync(record, SessionEndReason.Revoked, session.Context, session);
            session.Lose(SessionEndReason.Revoked);
            return;
        }

        if (session.Record is { UserId: not null })
        {
            SessionGuard.ChangeOnBehalf(session, _options.ClearSessionScope, static (draft, scope) =>
            {
                draft.SignOut(scope);
                return true;
            }, ends: true);
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
