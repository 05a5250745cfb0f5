using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A controller that names a third setting, with actions that name one each.</summary>
[Route("settings/[action]")]
[Session(Touch = false)]
public sealed class InheritedSettingsController : SettingsBaseController
{
    [HttpGet]
    public string? Inherited() => Settings();

    [HttpGet]
    [Session(SessionMode.ReadWrite)]
    public string? Mode() => Settings();

    [HttpGet]
    [Session(Touch = true)]
    public string? Touch() => Settings();

    [HttpGet]
    [Session(StoreFailureMode = StoreFailureMode.Fail)]
    public string? Failure() => Settings();

    [HttpGet]
    [Session]
    public string? Bare() => Settings();

    [Session(Touch = true)]
    public override string? Overridden() => base.Overridden();
}
