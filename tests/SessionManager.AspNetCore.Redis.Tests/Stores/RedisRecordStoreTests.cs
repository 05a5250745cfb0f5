using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The contract of stores over redis-server.</summary>
public sealed class RedisRecordStoreTests(Servers servers) : RedisRecordConformance(servers, ServerKind.Redis);
