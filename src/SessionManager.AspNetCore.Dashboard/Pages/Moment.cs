using System.Globalization;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Times as people read them, with the exact one behind.</summary>
internal static class Moment
{
    /// <summary>How far a time is from now, in words, with the time itself as the title.</summary>
    public static Markup Relative(DateTimeOffset time, DateTimeOffset now)
    {
        var words = time > now ? $"in {Words(time - now)}" : now - time < TimeSpan.FromSeconds(5) ? "just now" : $"{Words(now - time)} ago";
        return Markup.Of($"<time datetime=\"{Machine(time)}\" title=\"{Exact(time)}\">{words}</time>");
    }

    /// <summary>A time, and how far it is from now.</summary>
    public static Markup Full(DateTimeOffset time, DateTimeOffset now) =>
        Markup.Of($"{Exact(time)} <span class=\"quiet\">({Relative(time, now)})</span>");

    public static string Exact(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture);

    private static string Machine(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Words(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => Count(span.TotalSeconds, "s"),
        { TotalMinutes: < 60 } => Count(span.TotalMinutes, "min"),
        { TotalHours: < 48 } => Count(span.TotalHours, "h"),
        _ => Count(span.TotalDays, "days"),
    };

    private static string Count(double count, string unit) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(count):0} {unit}");
}
