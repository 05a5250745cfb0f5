using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>Finds every fault of the options at once. Each message is a rule, the value in quotes, and a remedy.</summary>
internal sealed class ValidateSessionManagerOptions : IValidateOptions<SessionManagerOptions>
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ShortestRotation = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestIOTimeout = TimeSpan.FromMinutes(10);

    public ValidateOptionsResult Validate(string? name, SessionManagerOptions options)
    {
        var faults = Timeouts(options).Concat(Rotation(options)).Concat(Limits(options)).Concat(Choices(options)).Concat(Cookie(options.Cookie)).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Timeouts(SessionManagerOptions options)
    {
        if (options.IdleTimeout <= TimeSpan.Zero || options.IdleTimeout > LongestTimeout)
        {
            yield return $"IdleTimeout is '{options.IdleTimeout}'. Set it above zero and to at most {LongestTimeout.Days} days.";
        }

        if (options.AbsoluteTimeout <= TimeSpan.Zero || options.AbsoluteTimeout > LongestTimeout)
        {
            yield return $"AbsoluteTimeout is '{options.AbsoluteTimeout}'. Set it above zero and to at most {LongestTimeout.Days} days.";
        }

        if (options.IdleTimeout > options.AbsoluteTimeout)
        {
            yield return $"IdleTimeout '{options.IdleTimeout}' is longer than AbsoluteTimeout '{options.AbsoluteTimeout}'. Lower the first or raise the second.";
        }

        if (options.IOTimeout <= TimeSpan.Zero || options.IOTimeout > LongestIOTimeout)
        {
            yield return $"IOTimeout is '{options.IOTimeout}'. Set it above zero and to at most {LongestIOTimeout.TotalMinutes} minutes.";
        }

        // Left alone it follows IdleTimeout, whose own fault is reported above.
        if (options.TouchInterval != options.IdleTimeout / 20
            && (options.TouchInterval < TimeSpan.Zero || options.TouchInterval >= options.IdleTimeout))
        {
            yield return $"TouchInterval is '{options.TouchInterval}'. Set it to zero or more and below IdleTimeout, '{options.IdleTimeout}', or a session in use expires.";
        }
    }

    private static IEnumerable<string> Rotation(SessionManagerOptions options)
    {
        if (options.TokenRotationInterval is { } interval && (interval < ShortestRotation || interval > LongestTimeout))
        {
            yield return $"TokenRotationInterval is '{interval}'. Set it to at least 1 second and at most {LongestTimeout.Days} days, or to null for no timed rotation.";
        }

        if (options.MaxSessionsPerUser is <= 0)
        {
            yield return $"MaxSessionsPerUser is '{options.MaxSessionsPerUser}'. Set it above zero, or to null for no limit.";
        }

        if (!Enum.IsDefined(options.OnSessionLimit))
        {
            yield return $"OnSessionLimit is '{options.OnSessionLimit}'. Set it to RevokeOldest or RejectNew.";
        }

        if (options.Events is null)
        {
            yield return "Events is null. Leave the default and set its properties, or set events of your own.";
        }
    }

    private static IEnumerable<string> Limits(SessionManagerOptions options)
    {
        if (options.MaxValueBytes <= 0)
        {
            yield return $"MaxValueBytes is '{options.MaxValueBytes}'. Set it above zero.";
        }

        if (options.MaxSessionBytes <= 0 || options.MaxSessionBytes > 512 * 1024 * 1024)
        {
            yield return $"MaxSessionBytes is '{options.MaxSessionBytes}'. Set it above zero and to at most 512 MB.";
        }

        if (options.MaxValueBytes > options.MaxSessionBytes)
        {
            yield return $"MaxValueBytes '{options.MaxValueBytes}' is more than MaxSessionBytes '{options.MaxSessionBytes}'. Lower the first or raise the second.";
        }

        if (options.MaxKeys is <= 0 or > 1_000_000)
        {
            yield return $"MaxKeys is '{options.MaxKeys}'. Set it above zero and to at most 1,000,000.";
        }

        if (options.MaxKeyBytes is <= 0 or > ushort.MaxValue)
        {
            yield return $"MaxKeyBytes is '{options.MaxKeyBytes}'. Set it above zero and to at most {ushort.MaxValue}.";
        }
    }

    private static IEnumerable<string> Choices(SessionManagerOptions options)
    {
        if (!Enum.IsDefined(options.ClearSessionScope))
        {
            yield return $"ClearSessionScope is '{options.ClearSessionScope}'. Set it to UserId or Everything.";
        }

        if (!Enum.IsDefined(options.StoreFailureMode))
        {
            yield return $"StoreFailureMode is '{options.StoreFailureMode}'. Set it to Fail or Anonymous.";
        }

        if (!Enum.IsDefined(options.LoadMode))
        {
            yield return $"LoadMode is '{options.LoadMode}'. Set it to Eager or OnDemand.";
        }

        if (options.SerializerOptions is null)
        {
            yield return "SerializerOptions is null. Leave the default, or set options of your own.";
        }
        else if (options.SerializerOptions.TypeInfoResolver is null)
        {
            yield return "SerializerOptions has no TypeInfoResolver, and reflection is off in this application. Set the resolver of your source-generated context.";
        }

        if (options.KeyPrefix is null)
        {
            yield return "KeyPrefix is null. Leave the default, or set a prefix; it may be empty.";
        }
    }

    private static IEnumerable<string> Cookie(CookieBuilder? cookie)
    {
        if (cookie is null)
        {
            yield return "Cookie is null. Leave the default and change its properties.";
            yield break;
        }

        var name = cookie.Name ?? "";
        if (name.Length == 0 || name.Any(c => c is <= ' ' or >= '\u007f' || "()<>@,;:\\\"/[]?={}".Contains(c, StringComparison.Ordinal)))
        {
            yield return $"The session cookie's name is '{name}'. Use letters, digits, '-' and '_' (a token of RFC 9110).";
        }

        if (!cookie.HttpOnly)
        {
            yield return $"The session cookie '{name}' is not HttpOnly, so scripts could read it. Remove Cookie.HttpOnly = false.";
        }

        if (cookie.Expiration is not null)
        {
            yield return $"The session cookie '{name}' has Expiration '{cookie.Expiration}'. Remove it: the server ends sessions; set Cookie.MaxAge if the cookie must outlive the browser.";
        }

        if (cookie.SameSite == SameSiteMode.None && cookie.SecurePolicy != CookieSecurePolicy.Always)
        {
            yield return $"The session cookie '{name}' has SameSite 'None' without SecurePolicy 'Always', which browsers refuse. Set Cookie.SecurePolicy = CookieSecurePolicy.Always.";
        }

        foreach (var fault in CookiePrefix(cookie, name))
        {
            yield return fault;
        }
    }

    // RFC 6265bis, section 4.1.3: browsers refuse a cookie that breaks the rules of its name's prefix.
    private static IEnumerable<string> CookiePrefix(CookieBuilder cookie, string name)
    {
        var host = name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase);
        if ((host || name.StartsWith("__Secure-", StringComparison.OrdinalIgnoreCase)) && cookie.SecurePolicy != CookieSecurePolicy.Always)
        {
            yield return $"The session cookie '{name}' has SecurePolicy '{cookie.SecurePolicy}'. Set Cookie.SecurePolicy = CookieSecurePolicy.Always or rename the cookie.";
        }

        if (host && !string.IsNullOrEmpty(cookie.Domain))
        {
            yield return $"The session cookie '{name}' has Domain '{cookie.Domain}'. Remove Cookie.Domain or rename the cookie.";
        }

        if (host && cookie.Path is not (null or "/"))
        {
            yield return $"The session cookie '{name}' has Path '{cookie.Path}'. Remove Cookie.Path or rename the cookie.";
        }
    }
}
