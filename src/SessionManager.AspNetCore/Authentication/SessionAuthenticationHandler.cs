using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
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
    IOptions<SessionManagerOptions> sessionOptions,
    RequestSessions requests,
    SessionGuard guard,
    SessionView view,
    SessionEdits edits,
    SessionLifetime lifetime,
    SessionClock clock,
    AuthenticationCaller caller,
    IHttpContextAccessor accessor)
    : SignInAuthenticationHandler<SessionAuthenticationOptions>(options, logger, encoder), IAuthenticationHandler
{
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
            if (!await caller.MayBeAskedAsync(Context, session))
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

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (view.Identify(Session, Scheme.Name, out var details) is not { } record)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var ticket = details is null
            ? null
            : SessionPrincipal.Read(record, details, lifetime.Describe(record), Scheme.Name);
        return Task.FromResult(ticket is null
            ? AuthenticateResult.Fail("The principal that the session keeps can't be read.")
            : AuthenticateResult.Success(ticket));
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var session = SessionToChange;
        await view.LoadAsync(session, CancellationToken.None);
        var renews = SessionPrincipal.IsFrom(properties, session.Record) && !await caller.IsCallbackAsync(Context);
        if (view.Info(session)?.ActorId is not null && (renews || SessionPrincipal.IsActing(user)))
        {
            // A renewal would make who acts the other user for good.
            throw SessionErrors.SignsInWhoIsActedAs();
        }

        var text = UserIdText.From(SessionPrincipal.UserIdOf(user), sessionOptions.Value)
            ?? throw new InvalidOperationException(
                "The principal to sign in has no user id. Give it a claim of type ClaimTypes.NameIdentifier, or "
                + "'sub', or a name.");
        var details = SessionPrincipal.Keep(user, properties, Scheme.Name);
        if (details.Ticket.Length > sessionOptions.Value.MaxValueBytes)
        {
            throw new SessionValueException(
                $"The principal to sign in takes {details.Ticket.Length} bytes, and the limit is "
                + $"{sessionOptions.Value.MaxValueBytes} (MaxValueBytes). Give it fewer claims.");
        }

        if (renews && view.IsSignedIn(session, text, Scheme.Name))
        {
            edits.Renew(session, new SignInRenewal(details.Write(), ValidatedAt: null));
        }
        else
        {
            var terms = SignInTermsRules.Of(properties, clock.Now, sessionOptions.Value);
            edits.SignIn(session, text, details, keepsTicket: false, terms);
        }

        Redirect(properties, honorsReturnUrl: Options.LoginPath.HasValue && OriginalPath == Options.LoginPath);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        var session = SessionToChange;
        await view.LoadAsync(session, CancellationToken.None);
        guard.ThrowIfUnwritable(session);
        if (view.IsSignedInBy(session, Scheme.Name))
        {
            edits.SignOut(session);
        }

        Redirect(properties, honorsReturnUrl: false);
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

        var back = properties.RedirectUri ?? (OriginalPathBase + OriginalPath + Request.QueryString);
        Deny(StatusCodes.Status401Unauthorized, Options.LoginPath, back);
    }

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

        var back = properties.RedirectUri ?? (OriginalPathBase + OriginalPath + Request.QueryString);
        Deny(StatusCodes.Status403Forbidden, Options.AccessDeniedPath, back);
        return Task.CompletedTask;
    }

    // Pages are redirected. APIs get the status, and the address in a header they may use, as from the framework's
    // cookie handler.
    private void Deny(int status, PathString path, string back)
    {
        if (path.HasValue)
        {
            var query = QueryString.Create(Options.ReturnUrlParameter, back);
            Response.Redirect(BuildRedirectUri(path.ToUriComponent() + query));
        }

        if (!path.HasValue || IsApi())
        {
            Response.StatusCode = status;
        }
    }

    private bool IsApi()
    {
        if (string.Equals(Request.Headers.XRequestedWith, "XMLHttpRequest", StringComparison.Ordinal)
            || string.Equals(Request.Query["X-Requested-With"], "XMLHttpRequest", StringComparison.Ordinal))
        {
            return true;
        }

        var metadata = Context.GetEndpoint()?.Metadata;
        return metadata?.GetMetadata<IDisableCookieRedirectMetadata>() is not null
            && metadata.GetMetadata<IAllowCookieRedirectMetadata>() is null;
    }

    private void Redirect(AuthenticationProperties? properties, bool honorsReturnUrl)
    {
        if (Response.StatusCode != StatusCodes.Status200OK)
        {
            return;
        }

        // The query is anybody's: only a path of this host is followed.
        var asked = honorsReturnUrl ? (string?)Request.Query[Options.ReturnUrlParameter] : null;
        if ((properties?.RedirectUri ?? (IsLocal(asked) ? asked : null)) is { Length: > 0 } target)
        {
            Response.Redirect(target);
        }
    }

    private static bool IsLocal(string? path) =>
        path is ['/', ..] && path is not ['/', '/' or '\\', ..] && !path.Any(char.IsControl);
}
