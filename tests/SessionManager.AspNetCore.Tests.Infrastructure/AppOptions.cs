using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>How a test wants its <see cref="App"/>.</summary>
internal sealed class AppOptions
{
    public string Environment { get; init; } = Environments.Development;

    public bool Kestrel { get; init; }

    public string? CookieName { get; init; }

    /// <summary>Whether the events at Debug and Trace are kept too, whatever the settings of the application say.</summary>
    public bool LogsEverything { get; init; }

    public FakeTimeProvider Clock { get; init; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public IDistributedCache? Cache { get; init; }

    public Action<SessionManagerOptions>? Session { get; init; }

    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Adds what stands before UseSessionManager.</summary>
    public Action<WebApplication>? Before { get; init; }
}
