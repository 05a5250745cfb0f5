using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>How a test wants its nodes.</summary>
internal sealed class NodeOptions
{
    /// <summary>The schema of the tables: two nodes with the same one share their sessions.</summary>
    public string Schema { get; init; } = Servers.NewSchema();

    public FakeTimeProvider Clock { get; init; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public TimeSpan IOTimeout { get; init; } = Node.Patience;

    public Action<SessionManagerOptions>? Session { get; init; }

    public Action<PostgreSqlStoreOptions>? Store { get; init; }

    public Action<IServiceCollection>? Services { get; init; }
}
