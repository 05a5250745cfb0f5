namespace SessionManager.AspNetCore.Tests.Infrastructure;

internal enum CacheOperation
{
    Get,
    Set,
    Remove,
}
