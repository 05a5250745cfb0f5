using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A controller as it is written for the framework's own session. It knows nothing of ours.</summary>
[Route("framework-session")]
public sealed class FrameworkSessionController : Controller
{
    [HttpPost("save")]
    public RedirectToActionResult Save(string message)
    {
        TempData["message"] = message;
        TempData["count"] = 3;
        TempData["when"] = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        TempData["tags"] = new[] { "a", "b" };
        return RedirectToAction(nameof(Show));
    }

    [HttpGet("show")]
    public string Show() => $"{TempData["message"] ?? "nothing"} {TempData["count"]} {TempData["when"]:O} {string.Join('+', (string[]?)TempData["tags"] ?? [])}".TrimEnd();

    [HttpGet("peek")]
    public string Peek() => $"{TempData.Peek("message") ?? "nothing"}";

    [HttpGet("keep")]
    public string Keep()
    {
        var message = $"{TempData["message"] ?? "nothing"}";
        TempData.Keep("message");
        return message;
    }

    [HttpPost("visit")]
    public string Visit()
    {
        var visits = (HttpContext.Session.GetInt32("visits") ?? 0) + 1;
        HttpContext.Session.SetInt32("visits", visits);
        HttpContext.Session.SetString("last", $"visit {visits}");
        return $"{visits} {HttpContext.Session.GetString("last")}";
    }
}
