namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The application's clock, in whole milliseconds.</summary>
internal sealed class SessionClock(TimeProvider time)
{
    private readonly bool _isSystem = ReferenceEquals(time, TimeProvider.System);

    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Returns the tick of a time, for <see cref="IsBefore"/>; 0 when the application has its own clock, which
    /// may be moved.</summary>
    public long TicksUntil(DateTimeOffset then, DateTimeOffset now) =>
        _isSystem ? Environment.TickCount64 + (long)Math.Clamp((then - now).TotalMilliseconds, 0, int.MaxValue) : 0;

    /// <summary>Whether a tick is in the future. A read of the clock takes ten times as long.</summary>
    public static bool IsBefore(long tick) => tick > 0 && Environment.TickCount64 < tick;
}
