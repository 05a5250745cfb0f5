using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SessionManager.AspNetCore;

namespace Identity.Pages;

public class LoginModel(SignInManager<IdentityUser> signIn, ISessionManager session) : PageModel
{
    [BindProperty]
    [Required]
    public string Name { get; set; } = "";

    [BindProperty]
    [Required]
    [DataType(DataType.Password)]
    public string Password { get; set; } = "";

    [BindProperty]
    public bool RememberMe { get; set; }

    public string? Ended { get; private set; }

    public void OnGet() => Ended = session.PreviousSessionEnd switch
    {
        SessionEndReason.Expired => "Your session expired. Please sign in again.",
        SessionEndReason.Revoked => "You were signed out from another device, or your password was changed.",
        _ => null,
    };

    public async Task<IActionResult> OnPostAsync(string? returnUrl)
    {
        if (ModelState.IsValid)
        {
            var result = await signIn.PasswordSignInAsync(Name, Password, isPersistent: RememberMe, lockoutOnFailure: true);
            if (result.Succeeded)
            {
                return LocalRedirect(Url.IsLocalUrl(returnUrl) ? returnUrl : "/");
            }

            ModelState.AddModelError("", result.IsLockedOut ? "Too many attempts. Try again later." : "The name or the password is wrong.");
        }

        return Page();
    }
}
