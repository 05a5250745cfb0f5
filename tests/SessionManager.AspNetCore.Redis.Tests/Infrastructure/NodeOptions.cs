using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>How a test wants its nodes.</summary>
internal sealed class NodeOptions
{
    /// <summary>The prefix of the keys: two nodes with the same one share their sessions.</summary>
    public string Prefix { get; init; } = $"test-{Guid.NewGuid():N}:";

    public FakeTimeProvider Clock { get; init; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public Action<SessionManagerOptions>? Session { get; init; }

    public Action<RedisStoreOptions>? Store { get; init; }

    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Endpoints besides those of <see cref="Node"/>.</summary>
    public Action<WebApplication>? Map { get; init; }
}
