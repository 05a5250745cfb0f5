using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A remote scheme that answers at its callback with who is signed in, as one that links accounts asks there.</summary>
internal sealed class RemoteUserHandler(IOptionsMonitor<RemoteAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : RemoteAuthenticationHandler<RemoteAuthenticationOptions>(options, logger, encoder)
{
    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        var result = await Context.AuthenticateAsync();
        await Response.WriteAsync(result.Principal?.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
        return HandleRequestResult.Handle();
    }
}
