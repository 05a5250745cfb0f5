using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The contract of stores over Garnet.</summary>
public sealed class GarnetRecordStoreTests(Servers servers) : RedisRecordConformance(servers, ServerKind.Garnet);
