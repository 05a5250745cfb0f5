namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The application's clock in whole milliseconds, as records keep times.</summary>
internal sealed class SessionClock(TimeProvider time)
{
    private readonly bool _isSystem = ReferenceEquals(time, TimeProvider.System);

    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>The tick before which a time has not come, for <see cref="IsBefore"/>; 0 with a clock of the application's own, which may be
    /// moved.</summary>
    public long TicksUntil(DateTimeOffset then, DateTimeOffset now) =>
        _isSystem ? Environment.TickCount64 + (long)Math.Clamp((then - now).TotalMilliseconds, 0, int.MaxValue) : 0;

    /// <summary>Whether a tick has not come. Looking at the clock costs ten times as much.</summary>
    public static bool IsBefore(long tick) => tick > 0 && Environment.TickCount64 < tick;
}
