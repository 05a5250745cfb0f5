using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>
/// The session's user as an authentication scheme. A <c>WebApplication</c> runs authentication before the application's
/// own middleware, so this loads the request's session if nobody has yet; <c>UseSessionManager</c> then goes on with
/// it. For a request that may never need its user, as that of a file, it loads nothing until somebody asks.
/// </summary>
internal sealed class SessionAuthenticationHandler(
    IOptionsMonitor<SessionAuthenticationOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    RequestSessions requests,
    SessionView view,
    SchemeChanges changes,
    SessionLifetime lifetime,
    AuthenticationCaller caller,
    IHttpContextAccessor accessor)
    : SignInAuthenticationHandler<SessionAuthenticationOptions>(options, logger, encoder), IAuthenticationHandler
{
    private bool _validates, _isSignedOutByValidation;

    private new SessionAuthenticationEvents Events => (SessionAuthenticationEvents)base.Events!;

    private RequestSession Session => requests.Of(Context);

    // The handler is that of the outer request where an inner one has the same services, but the inner one changes its
    // own session.
    private RequestSession SessionToChange =>
        accessor.HttpContext is { } current
        && RequestSessions.Find(current) is { Progress.IsBound: true, IsClosed: false } inner
        && RequestSessions.IsWithin(inner, Session)
            ? inner
            : Session;

    /// <summary>Authenticates the request. The middleware authenticates every request, so it may show the user by
    /// <c>HttpContext.User</c> alone.</summary>
    async Task<AuthenticateResult> IAuthenticationHandler.AuthenticateAsync()
    {
        if (ResolveTarget(Options.ForwardAuthenticate) is not null)
        {
            return await AuthenticateAsync();
        }

        var session = Session;
        if (session.IsDisabled && !await AuthenticationCaller.IsAuthorizedAsync(Context))
        {
            return AuthenticateResult.NoResult();
        }

        if (await caller.IsMiddlewareAsync(Context, Scheme.Name, session.Progress.AnsweredRun))
        {
            session.Progress.AnsweredRun = AuthenticationCaller.RunOf(Context);
            if (!await caller.MayBeAskedAsync(Context, session) && !IsValidated(session))
            {
                return Defer(session);
            }

            await view.LoadForUserAsync(session, CancellationToken.None);
            return session.HasFailed ? Defer(session) : await AuthenticateAsync();
        }

        await view.LoadForUserAsync(session, CancellationToken.None);
        if (session is { HasFailed: true, Progress.IsBound: false } && AuthenticationCaller.LetsAnybodyPass(Context))
        {
            // It is authorization that asks, and would let nobody pass if this threw.
            return Defer(session);
        }

        SessionGuard.ThrowIfFailed(session);
        return await AuthenticateAsync();
    }

    protected override Task<object> CreateEventsAsync() => Task.FromResult<object>(new SessionAuthenticationEvents());

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (view.Identify(Session, Scheme.Name, out var details) is not { } record)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var ticket = details is null
            ? null
            : SessionPrincipal.Read(
                record, details, lifetime.Describe(record), Scheme.Name, Options.UserIdClaimType);
        return ticket is null
            ? Task.FromResult(AuthenticateResult.Fail("The principal that the session keeps can't be read."))
            : Events.Validates || Options.ValidatesSecurityStamp
            ? ValidateAsync(record, ticket, isOfPrincipal: !details!.Ticket.IsEmpty)
            : Task.FromResult(AuthenticateResult.Success(ticket));
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var session = SessionToChange;
        await view.LoadAsync(session, CancellationToken.None);
        await changes.MakeAsync(session, async () =>
        {
            var signingIn = new SessionSigningInContext(Context, Scheme, Options, user, properties);
            await Events.SigningIn(signingIn);
            (user, properties) = (signingIn.Principal!, signingIn.Properties);
            var renews = SessionPrincipal.IsFrom(properties, session.Record)
                && !await caller.IsCallbackAsync(Context);
            changes.SignIn(session, Scheme.Name, user, Options.UserIdClaimType, properties, renews);
            await Events.SignedIn(new SessionSignedInContext(Context, Scheme, user, properties, Options));
        });
        await RedirectAsync(properties, Options.LoginPath);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        var session = SessionToChange;
        await view.LoadAsync(session, CancellationToken.None);
        var signingOut = new SessionSigningOutContext(Context, Scheme, Options, properties);
        if (_validates)
        {
            // The event rejects the principal next, as it does with the framework's cookie handler.
            await Events.SigningOut(signingOut);
            _isSignedOutByValidation = true;
            return;
        }

        await changes.MakeAsync(session, async () =>
        {
            await Events.SigningOut(signingOut);
            changes.SignOut(session, Scheme.Name);
        });
        await RedirectAsync(signingOut.Properties, Options.LogoutPath);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var session = Session;
        await view.LoadForUserAsync(session, CancellationToken.None);
        if (session.HasFailed)
        {
            // Whether the user is signed in is not known, so it is not said that they are not.
            await RequestFailure.AnswerUnavailableAsync(Context);
            return;
        }

        await Events.RedirectToLogin(Denied(properties, Options.LoginPath));
    }

    // Whoever uses the session and does not ask for its user must not see a user whose principal is rejected.
    private bool IsValidated(RequestSession session) =>
        (Events.Validates || Options.ValidatesSecurityStamp)
        && !session.IsDisabled
        && !AuthenticationCaller.IsForFile(Context);

    // No result for the middleware; whoever asks for the user gets the user, or the reason why that is not known.
    private AuthenticateResult Defer(RequestSession session)
    {
        session.Progress.IsDeferred = true;
        SessionUser.Attach(Context, Scheme.Name, session);
        return AuthenticateResult.NoResult();
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        if (RecentAuthenticationHandler.WasMissed(Context))
        {
            return HandleChallengeAsync(properties);
        }

        return Events.RedirectToAccessDenied(Denied(properties, Options.AccessDeniedPath));
    }

    private RedirectContext<SessionAuthenticationOptions> Denied(AuthenticationProperties properties, PathString path)
    {
        var back = properties.RedirectUri is { Length: > 0 } given
            ? given
            : OriginalPathBase + OriginalPath + Request.QueryString;
        var uri = path.HasValue
            ? BuildRedirectUri(path.ToUriComponent() + QueryString.Create(Options.ReturnUrlParameter, back))
            : "";
        return new RedirectContext<SessionAuthenticationOptions>(Context, Scheme, Options, properties, uri);
    }

    private async Task<AuthenticateResult> ValidateAsync(
        SessionRecord record, AuthenticationTicket ticket, bool isOfPrincipal)
    {
        var validatedAt = record.Terms?.ValidatedAt ?? record.AuthenticatedAt ?? record.StartedAt;
        var validation = new SessionValidatePrincipalContext(Context, Scheme, Options, ticket, validatedAt);
        _validates = true;
        try
        {
            await SchemeChanges.LetAsync(Session, () => RaiseValidationAsync(validation, isOfPrincipal));
        }
        finally
        {
            _validates = false;
            if (validation.Principal is null || _isSignedOutByValidation)
            {
                await changes.RejectAsync(Session, record, validation.EndsSession);
            }
        }

        if (validation.Principal is not { } principal)
        {
            return AuthenticateResult.Fail("The principal was rejected.");
        }

        SessionPrincipal.Sign(principal, record.Id.ToString());
        await changes.RenewAsync(Session, record, Scheme.Name, validation);
        return AuthenticateResult.Success(new AuthenticationTicket(principal, validation.Properties, Scheme.Name));
    }

    private async Task RaiseValidationAsync(SessionValidatePrincipalContext validation, bool isOfPrincipal)
    {
        if (Options.ValidatesSecurityStamp && isOfPrincipal)
        {
            // A user who was signed in by id alone has no stamp.
            await Context.RequestServices.GetRequiredService<SecurityStamps>().ValidateAsync(validation);
        }

        if (validation.Principal is not null)
        {
            await Events.ValidatePrincipal(validation);
        }
    }

    private async Task RedirectAsync(AuthenticationProperties? properties, PathString honorsReturnUrlAt)
    {
        if (Response.StatusCode != StatusCodes.Status200OK)
        {
            return;
        }

        var asked = honorsReturnUrlAt.HasValue && OriginalPath == honorsReturnUrlAt
            ? (string?)Request.Query[Options.ReturnUrlParameter]
            : null;
        var given = string.IsNullOrEmpty(properties?.RedirectUri) ? null : properties.RedirectUri;
        if ((given ?? (Redirection.IsLocal(asked) ? asked : null)) is { } target)
        {
            await Events.RedirectToReturnUrl(new RedirectContext<SessionAuthenticationOptions>(
                Context, Scheme, Options, properties ?? new AuthenticationProperties(), target));
        }
    }
}
