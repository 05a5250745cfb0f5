using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Counts sessions by the time at which they expire unless they are used again. So the live sessions are counted
/// without going through them. Not for several threads at once.
/// </summary>
/// <param name="lifetime">How long sessions live.</param>
internal sealed class ExpiryBuckets(SessionLifetime lifetime)
{
    private const int PageBits = 6;
    private const int PageLength = 1 << PageBits;

    // Sessions that have expired add up until they are forgotten, so a count skips them page by page.
    private readonly Dictionary<long, Page> _pages = [];

    // A count is exact to a 240th of the idle timeout, and takes as many steps.
    private readonly long _step = Math.Max(1000, (long)(lifetime.IdleTimeout.TotalMilliseconds / 240));

    /// <summary>How many sessions live at a time.</summary>
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

            if (first * _step > time)
            {
                (anonymous, signedIn) = (anonymous + page.Total.Anonymous, signedIn + page.Total.SignedIn);
                continue;
            }

            for (var i = 0; i < PageLength; i++)
            {
                if ((first + i) * _step > time)
                {
                    anonymous += page.Buckets[i].Anonymous;
                    signedIn += page.Buckets[i].SignedIn;
                }
            }
        }

        return (anonymous, signedIn);
    }

    /// <summary>Counts a session that is new, has changed or is gone.</summary>
    /// <param name="before">The session as it was counted; <see langword="null"/> when it is new.</param>
    /// <param name="after">The session as it is; <see langword="null"/> when it is gone.</param>
    public void Move(SessionSpan? before, SessionSpan? after)
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

    /// <summary>Whether a session has expired by a time, in Unix milliseconds.</summary>
    public bool IsExpired(SessionSpan span, long now) => BucketOf(span) * _step <= now;

    private void Add(SessionSpan span, int change)
    {
        var bucket = BucketOf(span);
        if (!_pages.TryGetValue(bucket >> PageBits, out var page))
        {
            _pages.Add(bucket >> PageBits, page = new Page());
        }

        var (anonymous, signedIn) = span.IsSignedIn ? (0, change) : (change, 0);
        ref var count = ref page.Buckets[bucket & (PageLength - 1)];
        count = (count.Anonymous + anonymous, count.SignedIn + signedIn);
        page.Total = (page.Total.Anonymous + anonymous, page.Total.SignedIn + signedIn);
        if (page.Total is (0, 0))
        {
            _pages.Remove(bucket >> PageBits);
        }
    }

    // Rounded up: no session is counted out before it expires.
    private long BucketOf(SessionSpan span)
    {
        var expiry = span.ExpiresAt(lifetime);
        return (expiry + _step - 1) / _step;
    }

    private sealed class Page
    {
        public (int Anonymous, int SignedIn)[] Buckets { get; } = new (int, int)[PageLength];

        public (int Anonymous, int SignedIn) Total { get; set; }
    }
}
