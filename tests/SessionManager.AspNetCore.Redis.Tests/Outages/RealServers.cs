namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>Two collections, which run beside each other. The tests of one collection run one after the other: their
/// waits are bounded by the clock, and so many servers at once would starve each other.</summary>
internal static class RealServers
{
    public const string Collection = "Real servers";

    public const string MoreCollection = "More real servers";
}
