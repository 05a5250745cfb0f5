using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>The primary is lost on Sentinel, while the sentinels have not noticed.</summary>
[Collection(RealServers.Collection)]
public sealed class LostPrimaryOnSentinelTests : LostPrimaryTests
{
    private protected override async Task<RedisFleet> StartAsync() =>
        await RedisSentinel.StartAsync(downAfter: TimeSpan.FromMinutes(2));
}
