namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract over a memory cache with a limit, whose writes are read back.</summary>
public sealed class LimitedMemoryCacheConformanceTests() : MemoryCacheConformance(mayDrop: true);
