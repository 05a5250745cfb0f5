using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(Servers))]

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>One server for the whole run. Tests keep apart by their schemas; those that stop the server start one of
/// their own.</summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly Lazy<Task<PostgreSqlServer>> _server = new(PostgreSqlServer.StartAsync);

    /// <summary>The server; skips the test where there is none.</summary>
    public async Task<PostgreSqlServer> GetAsync()
    {
        SkipWithoutPostgreSql();
        return await _server.Value;
    }

    /// <summary>Starts a server for one test; skips the test where there is none.</summary>
    public static Task<PostgreSqlServer> StartAsync()
    {
        SkipWithoutPostgreSql();
        return PostgreSqlServer.StartAsync();
    }

    /// <summary>A name for a schema that no other test has.</summary>
    public static string NewSchema() => $"test_{Guid.NewGuid():N}";

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
        {
            await (await _server.Value).DisposeAsync();
        }
    }

    private static void SkipWithoutPostgreSql() => Assert.SkipWhen(
        PostgreSqlServer.Programs is null,
        "There is no PostgreSQL server. Install the package postgresql to run this test.");
}
