using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using SessionManager.AspNetCore;

namespace QuickStart.Controllers;

// The sessions of whoever is signed in. The directory ends any session it is told to: that it is the user's own is checked here.
[Authorize]
[ApiController]
[Route("account/devices")]
public class DevicesController(ISessionManager session, ISessionDirectory directory) : ControllerBase
{
    [HttpGet]
    public async Task<IEnumerable<Device>> List(CancellationToken cancellationToken)
    {
        var own = await directory.FindByUserAsync(session.GetUserId(), cancellationToken);
        return own.Select(found => new Device(found.SessionId, found.CreatedAt, found.LastSeenAt, found.IsPersistent, found.SessionId == session.SessionId));
    }

    [HttpDelete("{sessionId}")]
    public async Task<ActionResult> SignOut(string sessionId, CancellationToken cancellationToken)
    {
        var own = await directory.FindByUserAsync(session.GetUserId(), cancellationToken);
        return own.Any(found => found.SessionId == sessionId) && await directory.RevokeAsync(sessionId, cancellationToken)
            ? NoContent()
            : Problem("It may have ended meanwhile.", statusCode: StatusCodes.Status404NotFound, title: "You have no such session.");
    }

    [HttpDelete]
    public async Task<Ended> SignOutElsewhere(CancellationToken cancellationToken) =>
        new(await directory.RevokeUserAsync(session.GetUserId(), exceptSessionId: session.SessionId, cancellationToken));
}
