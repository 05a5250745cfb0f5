namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>The tests of one collection run one after the other: their waits are bounded by the clock, and so many
/// servers at once would starve each other.</summary>
internal static class RealServers
{
    public const string Collection = "Real servers";
}
