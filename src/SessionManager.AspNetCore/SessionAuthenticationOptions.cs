using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore;

/// <summary>Options of the authentication scheme. <see cref="SessionManagerOptions"/> decides how long a sign-in
/// lasts.</summary>
/// <remarks>The options are validated when the application starts. The scheme refuses a setting of its base class that
/// it would ignore: <see cref="AuthenticationSchemeOptions.ClaimsIssuer"/>.</remarks>
public sealed class SessionAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <summary>Creates the options with their defaults.</summary>
    public SessionAuthenticationOptions() => Events = new SessionAuthenticationEvents();

    /// <summary>The path that a request is redirected to when it needs a signed-in user. The default is none: the
    /// request is answered with 401. Endpoints of APIs (<c>[ApiController]</c>, minimal APIs that return JSON) and
    /// requests with <c>X-Requested-With: XMLHttpRequest</c> get 401 in any case.</summary>
    public PathString LoginPath { get; set; }

    /// <summary>The path of the sign-out. The default is none. A sign-out at that path redirects to the address in
    /// <see cref="ReturnUrlParameter"/> when that is a path of this host.</summary>
    public PathString LogoutPath { get; set; }

    /// <summary>The path that a request is redirected to when its signed-in user is forbidden to do what it asks for.
    /// The default is none: the request is answered with 403. APIs get 403 in any case, as with
    /// <see cref="LoginPath"/>.</summary>
    public PathString AccessDeniedPath { get; set; }

    /// <summary>The name of the query parameter that has the address to return to. The default is <c>ReturnUrl</c>. A
    /// sign-in at <see cref="LoginPath"/> redirects to that address when it is a path of this host.</summary>
    public string ReturnUrlParameter { get; set; } = "ReturnUrl";

    /// <summary>What the application does when the scheme validates, signs in, signs out or redirects a user. The
    /// default does nothing beside that. <see cref="AuthenticationSchemeOptions.EventsType"/> takes the events from
    /// dependency injection instead.</summary>
    public new SessionAuthenticationEvents Events
    {
        get => (base.Events as SessionAuthenticationEvents)!;
        set => base.Events = value;
    }

    /// <summary>Whether the scheme validates the security stamps of ASP.NET Core Identity.</summary>
    internal bool ValidatesSecurityStamp { get; set; }

    /// <summary>The type of the claim that has the user id, and comes before those that every scheme knows.</summary>
    internal string? UserIdClaimType { get; set; }

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
