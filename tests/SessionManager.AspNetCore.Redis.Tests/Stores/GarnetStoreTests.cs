using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The store contract over Garnet.</summary>
public sealed class GarnetStoreTests(Servers servers) : RedisStoreConformance(servers, ServerKind.Garnet);
