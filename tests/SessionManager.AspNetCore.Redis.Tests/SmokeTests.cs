using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

public sealed class SmokeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_goes_through_its_life(bool garnet)
    {
        await using var server = garnet ? RedisServer.StartGarnet() : await RedisServer.StartRedisAsync();
        var services = new ServiceCollection().AddLogging();
        services.AddSessionManager().AddRedisStore(server.Configuration);
        await using var provider = services.BuildServiceProvider();
        var store = provider.GetRequiredService<ISessionRecordStore>();
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
        var id = Guid.NewGuid();
        var hash = new byte[32]; hash[0] = 7; hash[3] = 255;
        Assert.Equal(SessionLookupStatus.NotFound, (await store.LoadAsync(id, new SessionTouch(hash, now, true))).Status);
        var created = await store.CommitAsync(new SessionCommit { Id = id, Now = now, Creates = true, Secret = new SessionSecretChange(hash, default, true),
            Values = new Dictionary<string, SessionValue?> { ["a"] = new SessionValue(SessionValueKind.Text, "x"u8.ToArray()), ["b"] = new SessionValue(SessionValueKind.Text, "y"u8.ToArray()) } });
        Assert.Equal(SessionCommitOutcome.Committed, created.Outcome);
        var r = await store.LoadAsync(id, new SessionTouch(hash, now.AddMinutes(5), true));
        Assert.True(r.Touched);
        Assert.Equal(2, r.Record!.Values.Count);
        Assert.Equal(now.AddMinutes(5), r.Record.LastSeenAt);
        var c = await store.CommitAsync(new SessionCommit { Id = id, Now = now.AddMinutes(6), Identity = new("ann", "ann", now, now, true), DropsValues = true, ExpectedKey = "a", ExpectedValue = new SessionValue(SessionValueKind.Text, "x"u8.ToArray()) });
        Assert.Equal(SessionCommitOutcome.Committed, c.Outcome);
        var c2 = await store.CommitAsync(new SessionCommit { Id = id, Now = now.AddMinutes(6), Generation = 1, ExpectedKey = "a", ExpectedValue = new SessionValue(SessionValueKind.Text, "x"u8.ToArray()) });
        Assert.Equal(SessionCommitOutcome.Conflict, c2.Outcome);
        Assert.Null(c2.CurrentValue);
        Assert.True(await store.EndAsync(id, SessionEndReason.SignedOut));
        Assert.False(await store.EndAsync(id, SessionEndReason.Revoked));
        Assert.Equal(SessionEndReason.SignedOut, (await store.LoadAsync(id, new SessionTouch(hash, now, true))).EndReason);
    }
}
