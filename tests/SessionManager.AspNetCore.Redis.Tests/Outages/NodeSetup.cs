using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>What a test of outages wants besides.</summary>
internal sealed class NodeSetup
{
    public FakeTimeProvider Clock { get; set; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public Action<SessionManagerOptions>? Session { get; set; }

    public Action<IServiceCollection>? Services { get; set; }

    public Action<WebApplication>? Map { get; set; }
}
