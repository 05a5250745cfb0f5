namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

public enum ServerKind
{
    /// <summary>Garnet, in this process: always there.</summary>
    Garnet,

    /// <summary>The redis-server on PATH.</summary>
    Redis,
}
