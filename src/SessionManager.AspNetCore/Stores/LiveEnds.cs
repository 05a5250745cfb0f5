using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>How many sessions end when, unless they are used again: by that the living are counted without going through them. Not for
/// several threads at once.</summary>
internal sealed class LiveEnds(SessionLifetime lifetime)
{
    private readonly Dictionary<long, (int Anonymous, int SignedIn)> _ends = [];

    // A count is exact to a 240th of the idle timeout, and takes as many steps.
    private readonly long _step = Math.Max(1000, (long)(lifetime.IdleTimeout.TotalMilliseconds / 240));

    /// <summary>The sessions that live at this time.</summary>
    public (int Anonymous, int SignedIn) Count(DateTimeOffset now)
    {
        var time = now.ToUnixTimeMilliseconds();
        var (anonymous, signedIn) = (0, 0);
        foreach (var (end, count) in _ends)
        {
            if (end * _step > time)
            {
                anonymous += count.Anonymous;
                signedIn += count.SignedIn;
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
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_ends, end, out _);
        count = span.SignedIn ? (count.Anonymous, count.SignedIn + change) : (count.Anonymous + change, count.SignedIn);
        if (count is (0, 0))
        {
            _ends.Remove(end);
        }
    }

    // Rounded up: none is counted out before it ends.
    private long EndOf(LiveSpan span)
    {
        var ends = Math.Min(
            span.Seen + (long)lifetime.IdleTimeout.TotalMilliseconds, span.Started + (long)lifetime.AbsoluteTimeout.TotalMilliseconds);
        return (ends + _step - 1) / _step;
    }
}
