namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Browsers say who they are in a long sentence, with the names of others in it. This makes a short one of it, for those that most
/// people use; what it does not know it leaves alone.</summary>
internal static class ClientName
{
    // In this order, because each of them also has the name of the next ones in it.
    private static readonly (string Sign, string Name)[] Browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Version/", "Safari")];

    private static readonly (string Sign, string Name)[] Systems =
        [("Windows NT", "Windows"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Macintosh", "macOS"), ("Linux", "Linux")];

    private const int LongestVersion = 4;

    /// <summary>A short name; <see langword="null"/> for a client that is none of the known ones.</summary>
    public static string? Of(string userAgent)
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
                return $"{name} {rest[..Math.Min(end < 0 ? rest.Length : end, LongestVersion)]} on {system}";
            }
        }

        return null;
    }
}
