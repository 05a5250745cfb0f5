using System.Globalization;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Times as people read them.</summary>
internal static class TimeText
{
    /// <summary>How far a time is from now, in words. The exact time is the title.</summary>
    public static Markup Relative(DateTimeOffset time, DateTimeOffset now)
    {
        var words = time > now ? $"in {Describe(time - now)}"
            : now - time < TimeSpan.FromSeconds(5) ? "just now"
            : $"{Describe(now - time)} ago";
        return Markup.Of($"<time datetime=\"{Iso8601(time)}\" title=\"{Exact(time)}\">{words}</time>");
    }

    /// <summary>A time, and how far the time is from now.</summary>
    public static Markup Full(DateTimeOffset time, DateTimeOffset now) =>
        Markup.Of($"{Exact(time)} <span class=\"quiet\">({Relative(time, now)})</span>");

    public static string Exact(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The hour and the minute.</summary>
    public static string Minute(DateTimeOffset time) =>
        time.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture);

    private static string Iso8601(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Describe(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => Count(span.TotalSeconds, "s"),
        { TotalMinutes: < 60 } => Count(span.TotalMinutes, "min"),
        { TotalHours: < 48 } => Count(span.TotalHours, "h"),
        _ => Count(span.TotalDays, "days"),
    };

    private static string Count(double count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(count):0} {unit}");
}
