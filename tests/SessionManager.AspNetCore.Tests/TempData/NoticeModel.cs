using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>A page as the templates have it: a form, and the message that saving leaves.</summary>
[IgnoreAntiforgeryToken]
public sealed class NoticeModel : PageModel
{
    [TempData]
    public string? StatusMessage { get; set; }

    public RedirectToPageResult OnPost(string message)
    {
        StatusMessage = message;
        return RedirectToPage();
    }
}
