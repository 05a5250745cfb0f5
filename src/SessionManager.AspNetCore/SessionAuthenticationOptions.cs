using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore;

/// <summary>Options of the authentication scheme. <see cref="SessionManagerOptions"/> decides how long a sign-in
/// lasts.</summary>
/// <remarks>The options are validated when the application starts. The scheme refuses settings of its base class that
/// it would ignore: <see cref="AuthenticationSchemeOptions.Events"/>,
/// <see cref="AuthenticationSchemeOptions.EventsType"/> and
/// <see cref="AuthenticationSchemeOptions.ClaimsIssuer"/>.</remarks>
public sealed class SessionAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <summary>The path that a request is redirected to when it needs a signed-in user. The default is none: the
    /// request is answered with 401. Endpoints of APIs (<c>[ApiController]</c>, minimal APIs that return JSON) and
    /// requests with <c>X-Requested-With: XMLHttpRequest</c> get 401 in any case.</summary>
    public PathString LoginPath { get; set; }

    /// <summary>The path that a request is redirected to when its signed-in user is forbidden to do what it asks for.
    /// The default is none: the request is answered with 403. APIs get 403 in any case, as with
    /// <see cref="LoginPath"/>.</summary>
    public PathString AccessDeniedPath { get; set; }

    /// <summary>The name of the query parameter that has the address to return to. The default is <c>ReturnUrl</c>. A
    /// sign-in at <see cref="LoginPath"/> redirects to that address when it is a path of this host.</summary>
    public string ReturnUrlParameter { get; set; } = "ReturnUrl";

    /// <summary>Validates the options. The framework calls the method when the application starts.</summary>
    /// <exception cref="OptionsValidationException">A path can't be redirected to, the parameter has no name, or an
    /// option is set that the scheme ignores.</exception>
    public override void Validate()
    {
        base.Validate();
        if (SessionAuthenticationRules.FaultsOf(this).ToList() is { Count: > 0 } faults)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SessionAuthenticationOptions), faults);
        }
    }
}
