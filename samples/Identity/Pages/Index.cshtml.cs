using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SessionManager.AspNetCore;

namespace Identity.Pages;

// The directory ends any session it is told to: that it is the user's own is checked here.
public class IndexModel(ISessionManager session, ISessionDirectory directory, SignInManager<IdentityUser> signIn) : PageModel
{
    public IReadOnlyList<SessionInfo> Devices { get; private set; } = [];

    public string SessionId => session.SessionId;

    public async Task OnGetAsync(CancellationToken cancellationToken) => Devices = await OwnAsync(cancellationToken);

    public async Task<IActionResult> OnPostEndAsync(string id, CancellationToken cancellationToken)
    {
        var own = await OwnAsync(cancellationToken);
        var isEnded = own.Any(device => device.SessionId == id) && await directory.RevokeAsync(id, cancellationToken);
        return Back(isEnded ? "The device was signed out." : "You have no such device. It may have been signed out meanwhile.");
    }

    public async Task<IActionResult> OnPostEndOthersAsync(CancellationToken cancellationToken)
    {
        var ended = await directory.RevokeUserAsync(session.GetUserId(), exceptSessionId: session.SessionId, cancellationToken);
        return Back($"Signed out on {ended} other device(s).");
    }

    public async Task<IActionResult> OnPostSignOutAsync()
    {
        await signIn.SignOutAsync();
        return RedirectToPage("/Login");
    }

    private async Task<IReadOnlyList<SessionInfo>> OwnAsync(CancellationToken cancellationToken) =>
        [.. (await directory.FindByUserAsync(session.GetUserId(), cancellationToken)).OrderByDescending(device => device.LastSeenAt)];

    private RedirectToPageResult Back(string notice)
    {
        TempData["Notice"] = notice;
        return RedirectToPage();
    }
}
