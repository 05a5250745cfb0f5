using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore;

/// <summary>Options of the authentication scheme. How long a sign-in lasts is up to <see cref="SessionManagerOptions"/>.</summary>
public sealed class SessionAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <summary>Where a request is redirected that needs a signed-in user. The default is none: it is answered with 401. Endpoints of APIs
    /// (<c>[ApiController]</c>, minimal APIs that return JSON) and requests with <c>X-Requested-With: XMLHttpRequest</c> get 401 in
    /// any case.</summary>
    public PathString LoginPath { get; set; }

    /// <summary>Where a signed-in user is redirected who may not do what was asked. The default is none: 403. As with
    /// <see cref="LoginPath"/>, APIs get 403 in any case.</summary>
    public PathString AccessDeniedPath { get; set; }

    /// <summary>The query parameter with the way back. The default is <c>ReturnUrl</c>. A sign-in at <see cref="LoginPath"/> follows it when
    /// it leads to this host.</summary>
    public string ReturnUrlParameter { get; set; } = "ReturnUrl";

    /// <summary>Checks the options when the application starts.</summary>
    /// <exception cref="OptionsValidationException">A path can't be redirected to, the parameter has no name, or something is set that
    /// this scheme does not use.</exception>
    public override void Validate()
    {
        base.Validate();
        if (SessionAuthenticationRules.FaultsOf(this).ToList() is { Count: > 0 } faults)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SessionAuthenticationOptions), faults);
        }
    }
}
