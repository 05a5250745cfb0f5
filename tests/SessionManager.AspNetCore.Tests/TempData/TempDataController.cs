using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>Actions that do what a test says, with nothing in the response, so that TempData is saved before the response starts.</summary>
[Route("temp-data/[action]/{id}")]
public sealed class TempDataController(TempDataSteps steps) : Controller
{
    [HttpPost]
    public Task Change(string id) => steps[id](this);

    [HttpPost]
    [Session(SessionMode.ReadOnly)]
    public Task Look(string id) => steps[id](this);

    [HttpPost]
    [Session(SessionMode.Disabled)]
    public Task Without(string id) => steps[id](this);

    [HttpPost]
    public async Task<RedirectResult> Redirecting(string id)
    {
        await steps[id](this);
        return Redirect("/elsewhere");
    }
}
