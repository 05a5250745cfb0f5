using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The contract of stores over Garnet, by stores that keep copies of the records they have seen.</summary>
public sealed class GarnetLocalCopiesTests(Servers servers)
    : RedisRecordConformance(servers, ServerKind.Garnet, LocalCopiesTests.CopyAll);
