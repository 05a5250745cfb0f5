using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What a response tells caches (RFC 9111).</summary>
internal static class CacheHeaders
{
    // They outrank Cache-Control for whom they are meant for, as those of RFC 9213 do and what else ends with
    // "-Cache-Control".
    private static readonly string[] Targeted = ["Surrogate-Control", "Edge-Control", "X-Accel-Expires"];

    /// <summary>Adds <c>Vary: Cookie</c> to a response that may be kept by a cache: not to one without any header, by
    /// which no cache could tell for how long (RFC 9111, section 4.2.2).</summary>
    public static void VaryByCookieIfKept(IHeaderDictionary headers)
    {
        if (headers.Count > 0)
        {
            VaryByCookie(headers);
        }
    }

    /// <summary>Adds <c>Vary: Cookie</c>.</summary>
    public static void VaryByCookie(IHeaderDictionary headers)
    {
        var vary = headers.Vary;
        if (vary.Count == 0)
        {
            headers.Vary = HeaderNames.Cookie;
        }
        else if (!Names(vary, HeaderNames.Cookie) && !Names(vary, "*"))
        {
            headers.Vary = StringValues.Concat(vary, HeaderNames.Cookie);
        }
    }

    /// <summary>Makes sure that no shared cache stores the response, whatever it says so far: a <c>Set-Cookie</c> alone
    /// prevents none from doing so (RFC 9111, section 7.3). What it tells the browser's own cache stays.</summary>
    public static void ForbidSharing(IHeaderDictionary headers)
    {
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = "no-store";
        }
        else if (Names(headers.CacheControl, "must-understand")
            || !(Names(headers.CacheControl, "no-store") || Names(headers.CacheControl, "private")))
        {
            headers.CacheControl =
                string.Join(", ", Items(headers.CacheControl).Where(item => !IsShared(item)).Prepend("private"));
        }

        foreach (var name in headers.Keys.Where(IsTargeted).ToList())
        {
            headers.Remove(name);
        }
    }

    /// <summary>Whether a header outranks <c>Cache-Control</c>.</summary>
    public static bool IsTargeted(string name) =>
        name.EndsWith("-Cache-Control", StringComparison.OrdinalIgnoreCase)
            || Targeted.Contains(name, StringComparer.OrdinalIgnoreCase);

    // private="set-cookie" is about a field, not about the response; must-understand takes no-store back (RFC 9111,
    // section 5.2.2.3).
    private static bool IsShared(string item) =>
        item.Equals("public", StringComparison.OrdinalIgnoreCase)
        || item.Equals("must-understand", StringComparison.OrdinalIgnoreCase)
        || item.StartsWith("s-maxage", StringComparison.OrdinalIgnoreCase)
        || item.StartsWith("private", StringComparison.OrdinalIgnoreCase);

    private static bool Names(StringValues values, string name)
    {
        foreach (var value in values)
        {
            // The usual ones without taking them to pieces.
            if (value is not null
                && (value.Equals(name, StringComparison.OrdinalIgnoreCase)
                    || (value.Contains(name, StringComparison.OrdinalIgnoreCase)
                        && Items(value).Contains(name, StringComparer.OrdinalIgnoreCase))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The items of a list, which may hold commas within quotes.</summary>
    private static List<string> Items(StringValues values)
    {
        var items = new List<string>();
        foreach (var value in values)
        {
            var (start, quoted) = (0, false);
            for (var i = 0; i <= value?.Length; i++)
            {
                if (i == value.Length || (value[i] == ',' && !quoted))
                {
                    items.Add(value[start..i].Trim());
                    start = i + 1;
                }
                else if (value[i] == '"')
                {
                    quoted = !quoted;
                }
            }
        }

        items.RemoveAll(item => item.Length == 0);
        return items;
    }
}
