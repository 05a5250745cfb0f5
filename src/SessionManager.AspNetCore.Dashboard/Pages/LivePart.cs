using SessionManager.AspNetCore.Dashboard.History;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>The part of the page that follows live: the counters and the chart.</summary>
internal static class LivePart
{
    public static Markup Render(HistoryView view)
    {
        var (begun, ended) = (view.Minutes.Sum(minute => minute.Begun), view.Minutes.Sum(minute => minute.Ended));
        return Markup.Of($"""
            <div class="counters">
              {Counter("Live now", view.Live, Markup.Of($"{view.Anonymous} without a user"))}
              {Counter("Signed in", view.SignedIn, Markup.Of($"{Share(view)} of the live ones"))}
              {Counter("Begun", view.Begun, Markup.Of($"{begun} in the last hour"))}
              {Counter("Ended", view.Ended, Markup.Of($"{ended} in the last hour"))}
            </div>
            {Chart.Render(view)}
            <p class="note">As this process has seen them since {Moment.Exact(view.Since)}. A session whose browser never comes back expires without being counted as ended.</p>
            """);
    }

    private static Markup Counter(string name, long count, Markup detail) => Markup.Of($"""
        <div class="counter"><h3>{name}</h3><p class="count">{count}</p><p class="quiet">{detail}</p></div>
        """);

    private static Markup Share(HistoryView view) => Markup.Of($"{(view.Live == 0 ? 0 : 100 * view.SignedIn / view.Live)} %");
}
