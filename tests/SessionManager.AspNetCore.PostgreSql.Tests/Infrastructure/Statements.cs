namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>Counts the statements on the tables of one schema, as the server counts them.</summary>
internal sealed class Statements(PostgreSqlServer server, string schema)
{
    /// <summary>Runs requests, and returns the number of statements of all of them.</summary>
    public async Task<long> CountAsync(Func<Task> requests)
    {
        var before = await ReadAsync();
        await requests();
        return await ReadAsync() - before;
    }

    private async Task<long> ReadAsync()
    {
        await server.ExecuteAsync("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        return (long)(await server.ExecuteAsync(
            $"SELECT COALESCE(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE '%\"{schema}\"%'"))!;
    }
}
