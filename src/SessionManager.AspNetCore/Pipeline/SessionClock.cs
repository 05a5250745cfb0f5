namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The application's clock in whole milliseconds, as records keep times.</summary>
internal sealed class SessionClock(TimeProvider time)
{
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
}
