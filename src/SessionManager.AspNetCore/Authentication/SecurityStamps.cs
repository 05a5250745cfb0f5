using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>
/// Has Identity's security stamp validated in its interval, by the validator of the application: it is asked as the
/// framework's cookie handler asks it, with the time of the last validation, which the session keeps, in place of the
/// time at which a cookie was issued.
/// </summary>
internal sealed class SecurityStamps(
    IOptions<SecurityStampValidatorOptions> options,
    IOptions<AuthenticationOptions> schemes,
    IOptionsMonitor<CookieAuthenticationOptions> cookies,
    SessionClock clock,
    IServiceCollection services)
{
    // Properties keep whole seconds.
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // The framework's validator does nothing until it is due, and costs the services of Identity in each request.
    private readonly bool _isAskedWhenDueOnly =
        services.LastOrDefault(static service =>
                service.ServiceType == typeof(ISecurityStampValidator) && !service.IsKeyedService)
            is { ImplementationType: { IsGenericType: true } type }
        && type.GetGenericTypeDefinition() == typeof(SecurityStampValidator<>);

    private bool HasRememberedMachines =>
        schemes.Value.SchemeMap.ContainsKey(IdentityConstants.TwoFactorRememberMeScheme);

    /// <summary>Validates the principal of a session. A principal that is rejected ends the session.</summary>
    public async Task ValidateAsync(SessionValidatePrincipalContext validation)
    {
        var interval = options.Value.ValidationInterval;
        var isDue = interval <= TimeSpan.Zero || clock.Now - validation.ValidatedAt > interval;
        if (!isDue && _isAskedWhenDueOnly)
        {
            return;
        }

        var cookie = new CookieValidatePrincipalContext(
            validation.HttpContext,
            validation.Scheme,
            cookies.Get(validation.Scheme.Name),
            new AuthenticationTicket(validation.Principal!, validation.Properties, validation.Scheme.Name));
        await AskAsync(cookie, isDue ? BeforeInterval(interval) : RoundedUp(validation.ValidatedAt));
        if (cookie.Principal is not { } principal)
        {
            validation.Revoke();
            return;
        }

        if (!ReferenceEquals(principal, validation.Principal))
        {
            validation.ReplacePrincipal(principal);
        }

        validation.ShouldRenew |= cookie.ShouldRenew;
        if (isDue || cookie.ShouldRenew)
        {
            validation.MarkValidated();
        }
    }

    private async Task AskAsync(CookieValidatePrincipalContext cookie, DateTimeOffset issued)
    {
        var (properties, kept) = (cookie.Properties, cookie.Properties.IssuedUtc);
        properties.IssuedUtc = issued;
        try
        {
            await cookie.HttpContext.RequestServices.GetRequiredService<ISecurityStampValidator>()
                .ValidateAsync(cookie);
        }
        catch (InvalidOperationException) when (cookie.Principal is null && !HasRememberedMachines)
        {
            // Having rejected the principal, the framework's validator signs out of all cookies of Identity. It asks
            // whether there are such schemes but for the last one, that of remembered machines.
        }
        finally
        {
            properties.IssuedUtc = kept;
        }
    }

    // The validator has a clock of its own, and finds itself due when the interval has passed by that.
    private DateTimeOffset BeforeInterval(TimeSpan interval) =>
        (options.Value.TimeProvider ?? TimeProvider.System).GetUtcNow()
        - (interval > TimeSpan.Zero ? interval : TimeSpan.Zero) - Second;

    private static DateTimeOffset RoundedUp(DateTimeOffset time) =>
        time.Ticks % Second.Ticks is var rest && rest > 0 ? time.AddTicks(Second.Ticks - rest) : time;
}
