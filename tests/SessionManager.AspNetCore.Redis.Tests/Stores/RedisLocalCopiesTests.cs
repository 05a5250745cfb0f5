using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The contract of stores over redis-server, by stores that keep copies of the records they have seen.</summary>
public sealed class RedisLocalCopiesTests(Servers servers)
    : RedisRecordConformance(servers, ServerKind.Redis, LocalCopiesTests.CopyAll);
