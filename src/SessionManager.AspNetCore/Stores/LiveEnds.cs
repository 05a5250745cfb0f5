namespace SessionManager.AspNetCore.Stores;

/// <summary>How many sessions end when, unless they are used again: by that the living are counted without going through them. Not for
/// several threads at once.</summary>
internal sealed class LiveEnds(SessionLifetime lifetime)
{
    private const int PageBits = 6;
    private const int PageLength = 1 << PageBits;

    // The ends of sessions that have ended add up until those are forgotten, so a count passes them page by page.
    private readonly Dictionary<long, Page> _pages = [];

    // A count is exact to a 240th of the idle timeout, and takes as many steps.
    private readonly long _step = Math.Max(1000, (long)(lifetime.IdleTimeout.TotalMilliseconds / 240));

    /// <summary>The sessions that live at this time.</summary>
    public (int Anonymous, int SignedIn) Count(DateTimeOffset now)
    {
        var time = now.ToUnixTimeMilliseconds();
        var (anonymous, signedIn) = (0, 0);
        foreach (var (number, page) in _pages)
        {
            var first = number << PageBits;
            if ((first + PageLength - 1) * _step <= time)
            {
                continue;
            }

            for (var i = 0; i < PageLength; i++)
            {
                if ((first + i) * _step > time)
                {
                    anonymous += page.Ends[i].Anonymous;
                    signedIn += page.Ends[i].SignedIn;
                }
            }
        }

        return (anonymous, signedIn);
    }

    /// <summary>Counts a session anew: one that is new, has changed, or is gone.</summary>
    public void Move(LiveSpan? before, LiveSpan? after)
    {
        if (before is { } left)
        {
            Add(left, -1);
        }

        if (after is { } come)
        {
            Add(come, 1);
        }
    }

    /// <summary>Whether a session had ended by this time.</summary>
    public bool IsOver(LiveSpan span, long now) => EndOf(span) * _step <= now;

    private void Add(LiveSpan span, int change)
    {
        var end = EndOf(span);
        if (!_pages.TryGetValue(end >> PageBits, out var page))
        {
            _pages.Add(end >> PageBits, page = new Page());
        }

        ref var count = ref page.Ends[end & (PageLength - 1)];
        count = span.SignedIn ? (count.Anonymous, count.SignedIn + change) : (count.Anonymous + change, count.SignedIn);
        page.Sessions += change;
        if (page.Sessions == 0)
        {
            _pages.Remove(end >> PageBits);
        }
    }

    // Rounded up: none is counted out before it ends.
    private long EndOf(LiveSpan span)
    {
        var ends = Math.Min(
            span.Seen + (long)lifetime.IdleTimeout.TotalMilliseconds, span.Started + (long)lifetime.AbsoluteTimeout.TotalMilliseconds);
        return (ends + _step - 1) / _step;
    }

    private sealed class Page
    {
        public (int Anonymous, int SignedIn)[] Ends { get; } = new (int, int)[PageLength];

        public int Sessions { get; set; }
    }
}
