using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>The primary is lost on two endpoints.</summary>
[Collection(RealServers.Collection)]
public sealed class LostPrimaryOnTwoEndpointsTests : LostPrimaryTests
{
    private protected override async Task<RedisFleet> StartAsync() =>
        await RedisReplicaPair.StartAsync();
}
