namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A clock that can be set back, which <c>FakeTimeProvider</c> refuses.</summary>
internal sealed class SteppingClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Step(TimeSpan by) => _now += by;
}
