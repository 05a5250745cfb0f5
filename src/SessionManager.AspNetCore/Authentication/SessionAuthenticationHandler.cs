using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>
/// The session's user as an authentication scheme. A <c>WebApplication</c> runs authentication before the application's own middleware, so
/// this loads the request's session if nobody has yet; <c>UseSessionManager</c> then goes on with it.
/// </summary>
internal sealed class SessionAuthenticationHandler(
    IOptionsMonitor<SessionAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder, SessionPipeline pipeline)
    : SignInAuthenticationHandler<SessionAuthenticationOptions>(options, logger, encoder)
{
    private RequestSession Session => RequestSession.Of(Context, pipeline);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var session = Session;
        await session.LoadAsync(CancellationToken.None);
        if (session.HasFailed)
        {
            return AuthenticateResult.Fail("The session could not be loaded.");
        }

        if (session.IdentifyForAuthentication() is not { UserId: not null } record)
        {
            return AuthenticateResult.NoResult();
        }

        return SessionPrincipal.Read(record, pipeline.Lifetime.Describe(record), Scheme.Name) is { } ticket
            ? AuthenticateResult.Success(ticket)
            : AuthenticateResult.Fail("What the session keeps of its user can't be read.");
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        var session = Session;
        await session.LoadAsync(Context.RequestAborted);
        var text = UserIdText.From(SessionPrincipal.UserIdOf(user), pipeline.Options)
            ?? throw new InvalidOperationException(
                "The principal to sign in has no user id. Give it a claim of type ClaimTypes.NameIdentifier, or 'sub', or a name.");
        var kept = SessionPrincipal.Write(new AuthenticationTicket(user, properties, Scheme.Name));
        if (kept.Length > pipeline.Options.MaxValueBytes)
        {
            throw new SessionValueException(
                $"The principal to sign in takes {kept.Length} bytes, and the limit is {pipeline.Options.MaxValueBytes} (MaxValueBytes). Give it fewer claims.");
        }

        session.SignIn(text, kept);
        Redirect(properties, honorsReturnUrl: Options.LoginPath.HasValue && OriginalPath == Options.LoginPath);
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        var session = Session;
        await session.LoadAsync(Context.RequestAborted);
        session.SignOut();
        Redirect(properties, honorsReturnUrl: false);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var session = Session;
        await session.LoadAsync(Context.RequestAborted);
        if (session.HasFailed)
        {
            // Whether the user is signed in is not known, so it is not said that they are not.
            await SessionMiddleware.AnswerUnavailableAsync(Context);
            return;
        }

        var back = properties.RedirectUri ?? (OriginalPathBase + OriginalPath + Request.QueryString);
        Deny(StatusCodes.Status401Unauthorized, Options.LoginPath, back);
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

    // Pages are redirected. APIs get the status, and the address in a header they may use, as from the framework's cookie handler.
    private void Deny(int status, PathString path, string back)
    {
        if (path.HasValue)
        {
            Response.Redirect(BuildRedirectUri(path.ToUriComponent() + QueryString.Create(Options.ReturnUrlParameter, back)));
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
        return metadata?.GetMetadata<IDisableCookieRedirectMetadata>() is not null && metadata.GetMetadata<IAllowCookieRedirectMetadata>() is null;
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
