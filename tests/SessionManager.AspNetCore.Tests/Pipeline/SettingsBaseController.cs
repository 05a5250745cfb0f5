using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A base class of controllers that names two settings.</summary>
[Session(SessionMode.ReadOnly, StoreFailureMode = StoreFailureMode.Anonymous)]
public abstract class SettingsBaseController : ControllerBase
{
    [HttpGet]
    [Session(SessionMode.Disabled)]
    public virtual string? Overridden() => Settings();

    protected string? Settings() => Describe(HttpContext);

    internal static string Describe(HttpContext context) =>
        context.RequestServices.GetRequiredService<SessionServices>().Settings.Of(context.GetEndpoint()?.Metadata) is { } settings
            ? $"{settings.Mode} {settings.Touch} {settings.ChosenStoreFailureMode?.ToString() ?? "default"}"
            : "nothing";
}
