using SessionManager.AspNetCore.Dashboard.History;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>The counters and the chart: the part of the list page that the script keeps up to date.</summary>
internal static class StatisticsFragment
{
    public static Markup Render(HistorySnapshot history)
    {
        var begun = history.Minutes.Sum(minute => minute.Begun);
        var ended = history.Minutes.Sum(minute => minute.Ended);
        return Markup.Of($"""
            <div class="counters">
              {Counter("Live now", history.Live, Markup.Of($"{history.Anonymous} without a user"))}
              {Counter("Signed in", history.SignedIn, Markup.Of($"{PercentSignedIn(history)} % of the live ones"))}
              {Counter("Begun", history.Begun, Markup.Of($"{begun} in the last hour"))}
              {Counter("Ended", history.Ended, Markup.Of($"{ended} in the last hour"))}
            </div>
            {Chart.Render(history)}
            <p class="note">As this process has seen them since {TimeText.Exact(history.Since)}.
            A session whose browser never comes back expires without being counted as ended.</p>
            """);
    }

    private static Markup Counter(string name, long count, Markup detail) => Markup.Of($"""
        <div class="counter"><h3>{name}</h3><p class="count">{count}</p><p class="quiet">{detail}</p></div>
        """);

    private static long PercentSignedIn(HistorySnapshot history) =>
        history.Live == 0 ? 0 : 100 * history.SignedIn / history.Live;
}
