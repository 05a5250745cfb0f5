using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Sessions in a cache that copies bytes, and whose every call takes a while, as with a remote
/// cache.</summary>
public sealed class RemoteCacheRepositoryTests()
    : CacheRepositoryTests(new FaultCache { Delay = TimeSpan.FromMilliseconds(1) });
