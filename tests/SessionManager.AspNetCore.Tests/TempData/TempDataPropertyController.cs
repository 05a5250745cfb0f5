using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>A controller with a property that TempData fills.</summary>
[Route("temp-data/property/{id}")]
public sealed class TempDataPropertyController(TempDataSteps steps) : Controller
{
    [TempData]
    public string? Status { get; set; }

    [HttpPost]
    public Task Run(string id) => steps[id](this);
}
