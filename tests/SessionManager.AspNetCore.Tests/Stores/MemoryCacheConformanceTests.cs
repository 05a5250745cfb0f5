namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract over a memory cache without a limit: the default.</summary>
public sealed class MemoryCacheConformanceTests() : MemoryCacheConformance(mayDrop: false);
