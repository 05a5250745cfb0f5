using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A controller without a session, with actions that choose otherwise.</summary>
[Route("modes/[action]")]
[Session(SessionMode.Disabled)]
public sealed class ModesController(ISessionManager session) : ControllerBase
{
    [HttpGet]
    public string? Inherited() => session.GetUserId();

    [HttpGet]
    [Session(SessionMode.ReadOnly)]
    public string? Read() => session.GetUserId();

    [HttpPost]
    [Session(SessionMode.ReadOnly)]
    public bool Refused() => session.StoreValue("fruit", "pear");

    [HttpPost]
    [Session]
    public bool Write() => session.StoreValue("fruit", "pear");
}
