using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What the browser is to forget of this site (W3C Clear Site Data).</summary>
internal static class SiteData
{
    private const string Header = "Clear-Site-Data";
    private const string All = "\"*\"";

    // Quoted strings: a browser ignores them without the quotes.
    private static readonly string[] MadeInAdvance = ["\"prefetchCache\"", "\"prerenderCache\""];

    /// <summary>Has the browser forget the pages that it prefetched or prerendered, beside what the application has it
    /// forget.</summary>
    public static void Clear(IHeaderDictionary headers)
    {
        var present = headers[Header];
        var missing =
            MadeInAdvance.Where(item => !present.Any(value => Names(value, item) || Names(value, All))).ToList();
        if (missing.Count > 0)
        {
            headers[Header] =
                string.Join(", ", present.Where(value => !string.IsNullOrWhiteSpace(value)).Concat(missing));
        }
    }

    private static bool Names(string? value, string item) =>
        value is not null && value.Split(',', StringSplitOptions.TrimEntries).Contains(item, StringComparer.Ordinal);
}
