using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Two nodes on one redis-server.</summary>
public sealed class NodesOnRedisTests(Servers servers) : NodesTests(servers, ServerKind.Redis);
