using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>The primary is lost on a cluster.</summary>
[Collection(RealServers.Collection)]
public sealed class LostPrimaryOnClusterTests : LostPrimaryTests
{
    private protected override async Task<RedisFleet> StartAsync() =>
        await RedisClusterPair.StartAsync();
}
