using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Asks for a signed-in user, but for one page that is open to all.</summary>
[Authorize]
public sealed class OpenController : ControllerBase
{
    [AllowAnonymous]
    public IActionResult Page() => Content("page");
}
