using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The store contract over redis-server.</summary>
public sealed class RedisStoreTests(Servers servers) : RedisStoreConformance(servers, ServerKind.Redis);
