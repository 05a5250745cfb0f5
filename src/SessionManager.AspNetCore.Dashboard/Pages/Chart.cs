using System.Globalization;
using System.Text;
using SessionManager.AspNetCore.Dashboard.History;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>
/// The last hour, drawn on the server: the living sessions as a line, and below it what began, upwards, and what ended, downwards. The
/// drawings stretch, so the labels are beside them and not in them.
/// </summary>
internal static class Chart
{
    private const int Column = 10;
    private const int Height = 100;

    public static Markup Render(HistoryView view)
    {
        var minutes = view.Minutes;
        var width = minutes.Count * Column;
        var mostLive = Ceiling(minutes.Max(minute => minute.Live ?? 0));
        var mostMoved = Ceiling(minutes.Max(minute => Math.Max(minute.Begun, minute.Ended)));
        var known = minutes.Where(minute => minute.Live is not null).Select(minute => minute.Live!.Value).DefaultIfEmpty().ToList();
        var live = string.Create(
            CultureInfo.InvariantCulture, $"Living sessions over the last hour: {known.Min():N0} at the least, {known.Max():N0} at the most, {view.Live:N0} now.");
        var moved = string.Create(
            CultureInfo.InvariantCulture,
            $"By the minute over the last hour: {minutes.Sum(minute => minute.Begun):N0} sessions began, {minutes.Sum(minute => minute.Ended):N0} ended.");
        return Markup.Of($"""
            <figure class="chart">
              <figcaption>
                <h3>The last hour</h3>
                <ul class="keys"><li class="live">Live</li><li class="begun">Begun per minute</li><li class="ended">Ended per minute</li></ul>
              </figcaption>
              <div class="plot">
                <p class="scale" aria-hidden="true"><span>{Short(mostLive)}</span><span>{Short(mostLive / 2)}</span><span>0</span></p>
                <svg role="img" aria-label="{live}" viewBox="0 0 {Raw(width)} {Raw(Height)}" preserveAspectRatio="none">
                  <path class="grid" d="M0 .5H{Raw(width)}M0 {Raw(Height / 2)}H{Raw(width)}M0 {Raw(Height)}H{Raw(width)}"/>
                  {Line(minutes, mostLive)}
                </svg>
              </div>
              <div class="plot small">
                <p class="scale" aria-hidden="true"><span>{Short(mostMoved)}</span><span>0</span><span>{Short(mostMoved)}</span></p>
                <svg role="img" aria-label="{moved}" viewBox="0 0 {Raw(width)} {Raw(Height)}" preserveAspectRatio="none">
                  <path class="begun" d="{Bars(minutes, minute => minute.Begun, mostMoved, up: true)}"/>
                  <path class="ended" d="{Bars(minutes, minute => minute.Ended, mostMoved, up: false)}"/>
                  <path class="grid axis" d="M0 {Raw(Height / 2)}H{Raw(width)}"/>
                </svg>
              </div>
              <p class="hours" aria-hidden="true"><span>{Moment.Minute(minutes[0].Start)}</span><span>{Moment.Minute(minutes[minutes.Count / 2].Start)}</span><span>{Moment.Minute(minutes[^1].Start)} UTC</span></p>
              <details>
                <summary>The same as a table</summary>
                <div class="scroll" tabindex="0" role="region" aria-label="The last hour as a table">
                  <table class="figures">
                    <thead><tr><th scope="col">Minute (UTC)</th><th scope="col">Live</th><th scope="col">Begun</th><th scope="col">Ended</th></tr></thead>
                    <tbody>{minutes.Reverse().Select(Row)}</tbody>
                  </table>
                </div>
              </details>
            </figure>
            """);
    }

    private static Markup Row(HistoryMinute minute)
    {
        var live = minute.Live is { } count ? Markup.Of($"{count}") : Markup.Of($"–");
        return Markup.Of($"<tr><th scope=\"row\">{Moment.Minute(minute.Start)}</th><td>{live}</td><td>{minute.Begun}</td><td>{minute.Ended}</td></tr>");
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
                // From the edge of its minute on, so that one minute alone is a line too.
                first = i * Column;
                line.Append(CultureInfo.InvariantCulture, $"M{first:0.#} {height:0.##}");
            }

            // The current minute ends at the right edge.
            last = i == minutes.Count - 1 ? minutes.Count * Column : (i * Column) + (Column / 2);
            line.Append(CultureInfo.InvariantCulture, $"L{last:0.#} {height:0.##}");
        }

        if (first is null)
        {
            return Markup.None;
        }

        var area = string.Create(CultureInfo.InvariantCulture, $"{line}L{last:0.#} {Height}L{first:0.#} {Height}Z");
        return Markup.Of($"<path class=\"area\" d=\"{area}\"/><path class=\"live\" d=\"{line.ToString()}\"/>");
    }

    private static string Bars(IReadOnlyList<HistoryMinute> minutes, Func<HistoryMinute, long> count, long most, bool up)
    {
        var bars = new StringBuilder();
        for (var i = 0; i < minutes.Count; i++)
        {
            if (count(minutes[i]) is > 0 and var moved)
            {
                var height = Math.Max(1.5, (Height / 2.0) * moved / most);
                bars.Append(CultureInfo.InvariantCulture, $"M{(i * Column) + 2} {Height / 2}v{(up ? -height : height):0.##}h{Column - 4}V{Height / 2}z");
            }
        }

        return bars.ToString();
    }

    // The next of 2, 4, 10, 20, 40, 100 and so on: each has a whole half.
    private static long Ceiling(long most)
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

    // What is at the scale is round, and has little room.
    private static string Short(long count) => count switch
    {
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1_000_000.0:0.#} M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1000.0:0.#} k"),
        _ => count.ToString("N0", CultureInfo.InvariantCulture),
    };

    private static string Raw(int number) => number.ToString(CultureInfo.InvariantCulture);
}
