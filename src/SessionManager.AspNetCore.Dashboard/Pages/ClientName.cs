namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Short names for the browsers that most people use. A user agent is a long sentence that also names other
/// browsers.</summary>
internal static class ClientName
{
    // The order matters: the user agent of a browser also has the signs of browsers further down.
    private static readonly (string Sign, string Name)[] Browsers =
    [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
    ];

    private static readonly (string Sign, string Name)[] Systems =
    [
        ("Windows NT", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"),
        ("CrOS", "ChromeOS"), ("Macintosh", "macOS"), ("Linux", "Linux"),
    ];

    private const int MaxVersionLength = 4;

    /// <summary>The short name of a browser and its system; <see langword="null"/> for an unknown client.</summary>
    public static string? FromUserAgent(string userAgent)
    {
        var system = Array.Find(Systems, system => userAgent.Contains(system.Sign, StringComparison.Ordinal)).Name;
        if (system is null || !userAgent.StartsWith("Mozilla/5.0 (", StringComparison.Ordinal))
        {
            return null;
        }

        foreach (var (sign, name) in Browsers)
        {
            var version = userAgent.AsSpan();
            var at = version.IndexOf(sign, StringComparison.Ordinal);
            if (at >= 0 && version[(at + sign.Length)..] is { Length: > 0 } rest && char.IsAsciiDigit(rest[0]))
            {
                var end = rest.IndexOfAnyExceptInRange('0', '9');
                return $"{name} {rest[..Math.Min(end < 0 ? rest.Length : end, MaxVersionLength)]} on {system}";
            }
        }

        return null;
    }
}
