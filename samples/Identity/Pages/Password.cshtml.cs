using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SessionManager.AspNetCore;

namespace Identity.Pages;

public class PasswordModel(
    UserManager<IdentityUser> users,
    SignInManager<IdentityUser> signIn,
    ISessionManager session,
    ISessionDirectory directory) : PageModel
{
    [BindProperty]
    [Required]
    [DataType(DataType.Password)]
    public string OldPassword { get; set; } = "";

    [BindProperty]
    [Required]
    [DataType(DataType.Password)]
    public string NewPassword { get; set; } = "";

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellationToken)
    {
        if (!ModelState.IsValid || await users.GetUserAsync(User) is not { } user)
        {
            return Page();
        }

        var result = await users.ChangePasswordAsync(user, OldPassword, NewPassword);
        if (!result.Succeeded)
        {
            foreach (var error in result.Errors)
            {
                ModelState.AddModelError("", error.Description);
            }

            return Page();
        }

        // The password is changed, and the security stamp with it. This session takes the new stamp, and the others end
        // now instead of at their next check.
        await signIn.RefreshSignInAsync(user);
        var ended = await directory.RevokeUserAsync(user.Id, exceptSessionId: session.SessionId, cancellationToken);
        TempData["Notice"] = $"Your password was changed. Signed out on {ended} other device(s).";
        return RedirectToPage("/Index");
    }
}
