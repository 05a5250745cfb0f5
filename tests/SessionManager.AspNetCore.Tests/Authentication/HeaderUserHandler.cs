using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A scheme whose user a header names, as a bearer token would.</summary>
internal sealed class HeaderUserHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Header = "X-Bearer-User";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
        (string?)Request.Headers[Header] is { } user
            ? AuthenticateResult.Success(new AuthenticationTicket(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], Scheme.Name)), Scheme.Name))
            : AuthenticateResult.NoResult());
}
