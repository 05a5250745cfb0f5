using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Two nodes on one redis-server.</summary>
public sealed class UserSessionsOnRedisTests(Servers servers) : UserSessionsTests(servers, ServerKind.Redis);
