using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>What the session cookie may be, so that browsers keep it, and send it back for as long as its session
/// lives.</summary>
internal static class SessionCookieRules
{
    // Browsers ignore an attribute that is longer (RFC 6265bis, section 5.6).
    private const int LongestAttribute = 1024;
    private const int LongestName = 256;
    private const int LongestHost = 253;
    private const int LongestLabel = 63;

    private static readonly SearchValues<char> NameChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // What a browser leaves as it is in the path of a request; a cookie's path is compared with that.
    private static readonly SearchValues<char> PathChars =
        SearchValues.Create("!$%&'()*+,-./:=@[]_|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // The underscore is not of DNS, but of many an intranet, and browsers take it.
    private static readonly SearchValues<char> LabelChars =
        SearchValues.Create("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly Dictionary<string, string> OwnAttributes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Domain"] = "Cookie.Domain",
        ["Path"] = "Cookie.Path",
        ["Max-Age"] = "Cookie.MaxAge",
        ["Expires"] = "Cookie.MaxAge",
        ["HttpOnly"] = "Cookie.HttpOnly",
        ["Secure"] = "Cookie.SecurePolicy",
        ["SameSite"] = "Cookie.SameSite",
    };

    public static IEnumerable<string> FaultsOf(SessionManagerOptions options)
    {
        if (options.Cookie is not { } cookie)
        {
            return ["Cookie is null. Leave the default and change its properties."];
        }

        var name = SettingText.Show(cookie.Name);
        return Name(cookie, name)
            .Concat(Protection(cookie, name))
            .Concat(Lifetime(cookie, name, options.AbsoluteTimeout))
            .Concat(Scope(cookie, name))
            .Concat(Extensions(cookie, name))
            .Concat(Prefix(cookie, name));
    }

    private static IEnumerable<string> Name(CookieBuilder cookie, string name)
    {
        if (string.IsNullOrEmpty(cookie.Name)
            || cookie.Name.Length > LongestName
            || cookie.Name.AsSpan().ContainsAnyExcept(NameChars))
        {
            yield return
                $"The session cookie's name is '{name}'. Use letters, digits, '-' and '_' (a token of RFC 9110), "
                + $"{LongestName} characters at most.";
        }
    }

    private static IEnumerable<string> Protection(CookieBuilder cookie, string name)
    {
        if (!cookie.HttpOnly)
        {
            yield return
                $"The session cookie '{name}' is not HttpOnly, so scripts could read its token. Remove "
                + "Cookie.HttpOnly = false.";
        }

        if (!Enum.IsDefined(cookie.SameSite))
        {
            yield return
                $"The session cookie '{name}' has SameSite '{cookie.SameSite}'. Set it to Lax, Strict, None or "
                + "Unspecified.";
        }

        if (!Enum.IsDefined(cookie.SecurePolicy))
        {
            yield return
                $"The session cookie '{name}' has SecurePolicy '{cookie.SecurePolicy}'. Set it to Always, "
                + "SameAsRequest or None.";
        }

        if (cookie.SameSite == SameSiteMode.None && cookie.SecurePolicy != CookieSecurePolicy.Always)
        {
            yield return
                $"The session cookie '{name}' has SameSite 'None' without SecurePolicy 'Always', which browsers "
                + "refuse. Set Cookie.SecurePolicy = CookieSecurePolicy.Always.";
        }
    }

    // Nothing renews the cookie while its token stays, so it has to last as long as a session can.
    private static IEnumerable<string> Lifetime(CookieBuilder cookie, string name, TimeSpan absoluteTimeout)
    {
        if (cookie.Expiration is not null)
        {
            yield return
                $"The session cookie '{name}' has Expiration '{cookie.Expiration}', but the server ends sessions. "
                + "Remove Cookie.Expiration, and set Cookie.MaxAge if the cookie must outlive the browser.";
        }

        // The header has whole seconds.
        if (cookie.MaxAge is { } maxAge
            && (maxAge < TimeSpan.FromSeconds(1) || Math.Floor(maxAge.TotalSeconds) < absoluteTimeout.TotalSeconds))
        {
            yield return
                $"The session cookie '{name}' has MaxAge '{maxAge}', which is shorter in whole seconds than "
                + $"AbsoluteTimeout, '{absoluteTimeout}', so browsers would drop the cookie of a living session. Set "
                + "Cookie.MaxAge to at least AbsoluteTimeout, or to null for a cookie that ends with the browser.";
        }
    }

    private static IEnumerable<string> Scope(CookieBuilder cookie, string name)
    {
        if (cookie.Path is { } path && !IsPath(path))
        {
            yield return
                $"The session cookie '{name}' has Path '{SettingText.Show(path)}'. Use a path as browsers send it: "
                + "with '/' at its start, percent-encoded, without '?', '#' and ';', without the segments '.' and "
                + $"'..', and of {LongestAttribute} characters at most.";
        }

        // A dot in front is ignored (RFC 6265bis, section 5.6.3), and many applications have one.
        if (cookie.Domain is { } domain && !IsHost(domain.StartsWith('.') ? domain[1..] : domain))
        {
            yield return
                $"The session cookie '{name}' has Domain '{SettingText.Show(domain)}'. Use a host's name of ASCII "
                + "letters, digits, '-' and '.' (international names as 'xn--...'), without scheme, port and path, or "
                + "null for the host of the request alone.";
        }
    }

    private static bool IsPath(string path) =>
        path.StartsWith('/')
        && path.Length <= LongestAttribute
        && !path.AsSpan().ContainsAnyExcept(PathChars)
        && !path.Split('/').Any(segment => segment is "." or "..");

    private static bool IsHost(string host) =>
        host.Length <= LongestHost
        && host.Split('.').All(label =>
            label.Length is > 0 and <= LongestLabel && !label.AsSpan().ContainsAnyExcept(LabelChars));

    private static IEnumerable<string> Extensions(CookieBuilder cookie, string name)
    {
        foreach (var extension in cookie.Extensions)
        {
            var attribute = extension?.Split('=')[0].Trim() ?? "";
            if (attribute.Length == 0
                || extension!.Length > LongestAttribute
                || extension.Any(c => c is < ' ' or > '~' or ';'))
            {
                yield return
                    $"The session cookie '{name}' has the extension '{SettingText.Show(extension)}'. Use one "
                    + "attribute in each entry, of printable ASCII without ';' and of "
                    + $"{LongestAttribute} characters at most.";
            }
            else if (OwnAttributes.TryGetValue(attribute, out var property))
            {
                yield return
                    $"The session cookie '{name}' has the extension '{extension}', an attribute that has a property "
                    + $"of its own. Remove the extension and set {property}.";
            }
            else if (attribute.Equals("Partitioned", StringComparison.OrdinalIgnoreCase)
                && cookie.SecurePolicy == CookieSecurePolicy.None)
            {
                yield return
                    $"The session cookie '{name}' has the extension '{extension}' with SecurePolicy 'None', which "
                    + "browsers refuse. Set Cookie.SecurePolicy = CookieSecurePolicy.Always.";
            }
        }
    }

    // RFC 6265bis, section 4.1.3: browsers refuse a cookie that breaks the rules of its name's prefix.
    private static IEnumerable<string> Prefix(CookieBuilder cookie, string name)
    {
        var host = name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase);
        var secure = host
            || name.StartsWith("__Secure-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("__Http-", StringComparison.OrdinalIgnoreCase);
        if (secure && cookie.SecurePolicy != CookieSecurePolicy.Always && Enum.IsDefined(cookie.SecurePolicy))
        {
            yield return
                $"The session cookie '{name}' has SecurePolicy '{cookie.SecurePolicy}'. Set Cookie.SecurePolicy = "
                + "CookieSecurePolicy.Always or rename the cookie.";
        }

        if (host && cookie.Domain is { } domain && IsHost(domain.TrimStart('.')))
        {
            yield return
                $"The session cookie '{name}' has Domain '{domain}'. Remove Cookie.Domain or rename the cookie.";
        }

        if (host && cookie.Path is not (null or "/") && IsPath(cookie.Path))
        {
            yield return
                $"The session cookie '{name}' has Path '{cookie.Path}'. Remove Cookie.Path or rename the cookie.";
        }
    }
}
