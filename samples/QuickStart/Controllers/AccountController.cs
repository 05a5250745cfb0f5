using Microsoft.AspNetCore.Mvc;
using SessionManager.AspNetCore;

namespace QuickStart.Controllers;

// No antiforgery token: the one action that takes a body takes JSON only, which a form on another site can't send, and the
// cookie is SameSite=Lax, so that no other site's POST or DELETE carries it.
[ApiController]
[Route("account")]
public class AccountController(ISessionManager session) : ControllerBase
{
    [HttpPost("login")]
    [Consumes("application/json")]
    public ActionResult<Account> Login(Login login) =>
        session.SetUserId(login.UserId, new SessionSignInOptions { IsPersistent = login.RememberMe })
            ? Me()
            : Problem("Give a user id that is not empty.", statusCode: StatusCodes.Status400BadRequest, title: "Nobody was signed in.");

    [HttpPost("logout")]
    public NoContentResult Logout()
    {
        session.ClearSession();
        return NoContent();
    }

    [HttpDelete("session")]
    public NoContentResult Destroy()
    {
        session.DestroySession();
        return NoContent();
    }

    [HttpGet("me")]
    public Account Me() => new(session.IsAuthenticated, session.GetUserId());

    [HttpGet("session")]
    public SessionDetails Details() => new(
        session.SessionId,
        session.Info?.CreatedAt,
        session.Info?.AuthenticatedAt,
        session.Info?.LastSeenAt,
        session.Info?.ExpiresAt,
        session.PreviousSessionEnd?.ToString());
}
