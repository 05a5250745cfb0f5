using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Two nodes on one Garnet.</summary>
public sealed class UserSessionsOnGarnetTests(Servers servers) : UserSessionsTests(servers, ServerKind.Garnet);
