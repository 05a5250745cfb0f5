using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Two nodes on one Garnet.</summary>
public sealed class NodesOnGarnetTests(Servers servers) : NodesTests(servers, ServerKind.Garnet);
