using System.Globalization;
using System.Text;
using SessionManager.AspNetCore.Dashboard.History;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>
/// The last hour, drawn on the server. A line shows how many sessions lived. Below it, bars show how many sessions
/// began (upwards) and ended (downwards) in each minute. The drawings stretch, so their labels are outside of them.
/// </summary>
internal static class Chart
{
    private const int ColumnWidth = 10;
    private const int Height = 100;

    public static Markup Render(HistorySnapshot history)
    {
        var minutes = history.Minutes;
        var width = Number(minutes.Count * ColumnWidth);
        var (height, middle) = (Number(Height), Number(Height / 2));
        var viewBox = Markup.Of($"viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\"");
        var columns = ((string[])["Minute (UTC)", "Live", "Begun", "Ended"]).Select(ColumnHeading);
        var mostLive = RoundUp(minutes.Max(minute => minute.Live ?? 0));
        var mostChanges = RoundUp(minutes.Max(minute => Math.Max(minute.Begun, minute.Ended)));
        return Markup.Of($"""
            <figure class="chart">
              <figcaption>
                <h3>The last hour</h3>
                <ul class="keys">
                  <li class="live">Live</li>
                  <li class="begun">Begun per minute</li><li class="ended">Ended per minute</li>
                </ul>
              </figcaption>
              <div class="plot">
                {Scale(mostLive, mostLive / 2, 0)}
                <svg role="img" aria-label="{DescribeLive(history)}" {viewBox}>
                  <path class="grid" d="M0 .5H{width}M0 {middle}H{width}M0 {height}H{width}"/>
                  {Line(minutes, mostLive)}
                </svg>
              </div>
              <div class="plot small">
                {Scale(mostChanges, 0, mostChanges)}
                <svg role="img" aria-label="{DescribeChanges(minutes)}" {viewBox}>
                  <path class="begun" d="{Bars(minutes, minute => minute.Begun, mostChanges, upwards: true)}"/>
                  <path class="ended" d="{Bars(minutes, minute => minute.Ended, mostChanges, upwards: false)}"/>
                  <path class="grid axis" d="M0 {middle}H{width}"/>
                </svg>
              </div>
              {TimeAxis(minutes)}
              <details>
                <summary>The same as a table</summary>
                <div class="scroll" tabindex="0" role="region" aria-label="The last hour as a table">
                  <table class="figures">
                    <thead><tr>{columns}</tr></thead>
                    <tbody>{minutes.Reverse().Select(Row)}</tbody>
                  </table>
                </div>
              </details>
            </figure>
            """);
    }

    private static string DescribeLive(HistorySnapshot history)
    {
        var counts = history.Minutes.Where(minute => minute.Live is not null)
            .Select(minute => minute.Live!.Value)
            .DefaultIfEmpty()
            .ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Living sessions over the last hour: {counts.Min():N0} at the least, {counts.Max():N0} at the most, "
            + $"{history.Live:N0} now.");
    }

    private static string DescribeChanges(IReadOnlyList<HistoryMinute> minutes)
    {
        var (begun, ended) = (minutes.Sum(minute => minute.Begun), minutes.Sum(minute => minute.Ended));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"By the minute over the last hour: {begun:N0} sessions began, {ended:N0} ended.");
    }

    private static Markup Scale(long top, long middle, long bottom)
    {
        var labels = ((long[])[top, middle, bottom]).Select(count => Markup.Of($"<span>{Abbreviate(count)}</span>"));
        return Markup.Of($"<p class=\"scale\" aria-hidden=\"true\">{labels}</p>");
    }

    private static Markup TimeAxis(IReadOnlyList<HistoryMinute> minutes)
    {
        string[] labels =
        [
            TimeText.Minute(minutes[0].Start),
            TimeText.Minute(minutes[minutes.Count / 2].Start),
            $"{TimeText.Minute(minutes[^1].Start)} UTC",
        ];
        var spans = labels.Select(label => Markup.Of($"<span>{label}</span>"));
        return Markup.Of($"<p class=\"hours\" aria-hidden=\"true\">{spans}</p>");
    }

    private static Markup ColumnHeading(string name) => Markup.Of($"<th scope=\"col\">{name}</th>");

    private static Markup Row(HistoryMinute minute)
    {
        var live = minute.Live is { } count ? Markup.Of($"{count}") : Markup.Of($"–");
        var cells = Markup.Of($"<td>{live}</td><td>{minute.Begun}</td><td>{minute.Ended}</td>");
        return Markup.Of($"<tr><th scope=\"row\">{TimeText.Minute(minute.Start)}</th>{cells}</tr>");
    }

    private static Markup Line(IReadOnlyList<HistoryMinute> minutes, long most)
    {
        var line = new StringBuilder();
        double? first = null;
        double last = 0;
        for (var i = 0; i < minutes.Count; i++)
        {
            if (minutes[i].Live is not { } live)
            {
                continue;
            }

            var height = Height - ((Height - 2) * (double)live / most);
            if (first is null)
            {
                // The line starts at the left edge of the minute, so that a single minute is a line too.
                first = i * ColumnWidth;
                line.Append(CultureInfo.InvariantCulture, $"M{first:0.#} {height:0.##}");
            }

            // The current minute ends at the right edge.
            last = i == minutes.Count - 1
                ? minutes.Count * ColumnWidth
                : (i * ColumnWidth) + (ColumnWidth / 2);
            line.Append(CultureInfo.InvariantCulture, $"L{last:0.#} {height:0.##}");
        }

        if (first is null)
        {
            return Markup.None;
        }

        var area = string.Create(CultureInfo.InvariantCulture, $"{line}L{last:0.#} {Height}L{first:0.#} {Height}Z");
        return Markup.Of($"<path class=\"area\" d=\"{area}\"/><path class=\"live\" d=\"{line.ToString()}\"/>");
    }

    private static string Bars(
        IReadOnlyList<HistoryMinute> minutes, Func<HistoryMinute, long> count, long most, bool upwards)
    {
        var bars = new StringBuilder();
        for (var i = 0; i < minutes.Count; i++)
        {
            if (count(minutes[i]) is > 0 and var changes)
            {
                var height = Math.Max(1.5, (Height / 2.0) * changes / most);
                var (left, length) = ((i * ColumnWidth) + 2, upwards ? -height : height);
                bars.Append(
                    CultureInfo.InvariantCulture,
                    $"M{left} {Height / 2}v{length:0.##}h{ColumnWidth - 4}V{Height / 2}z");
            }
        }

        return bars.ToString();
    }

    // Rounds up to 2, 4, 10, 20, 40, 100 and so on. The half of each is a whole number.
    private static long RoundUp(long most)
    {
        for (long unit = 1; ; unit *= 10)
        {
            foreach (var step in (ReadOnlySpan<long>)[2 * unit, 4 * unit, 10 * unit])
            {
                if (step >= most)
                {
                    return step;
                }
            }
        }
    }

    // The numbers of a scale are round, and there is little room for them.
    private static string Abbreviate(long count) => count switch
    {
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1_000_000.0:0.#} M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1000.0:0.#} k"),
        _ => count.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
