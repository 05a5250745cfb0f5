using Microsoft.Extensions.Options;
using Npgsql;
using SessionManager.AspNetCore.PostgreSql.Stores;

namespace SessionManager.AspNetCore.PostgreSql.Schema;

/// <summary>Checks the tables before their first use, and creates them. Tables that are missing or newer are checked
/// again by each call, so that the store works as soon as somebody has put them right.</summary>
internal sealed class SessionSchema(
    NpgsqlSource source,
    SessionTables tables,
    IOptions<PostgreSqlStoreOptions> storeOptions,
    IOptions<SessionManagerOptions> options)
{
    private const string Script = "docs/postgresql.sql";
    private readonly Lock _lock = new();
    private volatile bool _isReady;
    private Task? _running;

    /// <summary>Completes when the tables are there. Calls at the same time share one check.</summary>
    /// <exception cref="InvalidOperationException">The tables are missing, newer or not readable.</exception>
    public Task EnsureAsync(CancellationToken cancellationToken) =>
        _isReady ? Task.CompletedTask : ShareAsync().WaitAsync(cancellationToken);

    /// <summary>Lets the next call check the tables again, because one of them has not been found.</summary>
    public void Forget() => _isReady = false;

    private Task ShareAsync()
    {
        lock (_lock)
        {
            return _running is { IsCompleted: false } running ? running : _running = Task.Run(CheckAsync);
        }
    }

    private async Task CheckAsync()
    {
        // Shared by calls, so that none of their tokens ends it.
        using var timeout = new CancellationTokenSource(options.Value.IOTimeout);
        await using var connection = await source.Value.OpenConnectionAsync(timeout.Token);
        var version = await ReadVersionAsync(connection, timeout.Token);
        if (version is null && storeOptions.Value.CreateSchema)
        {
            version = await CreateAsync(connection, timeout.Token);
        }

        if (version != SchemaScript.Version)
        {
            throw new InvalidOperationException(Explain(version));
        }

        _isReady = true;
    }

    private string Explain(int? version) => version switch
    {
        null => $"The table {tables.Sessions} does not exist, and CreateSchema is false. Run {Script}.",
        > SchemaScript.Version =>
            $"The table {tables.Sessions} has version {version} of the schema, and this application knows version "
            + $"{SchemaScript.Version}. Update the package SessionManager.AspNetCore.PostgreSql.",
        _ => $"The table {tables.Sessions} has version {version} of the schema, which is none. Run {Script}.",
    };

    private async Task<int?> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Most starts find the table, and ask for it in one statement.
        try
        {
            await using var command = new NpgsqlCommand($"SELECT version FROM {tables.Version}", connection);
            return await command.ExecuteScalarAsync(cancellationToken) as int?;
        }
        catch (PostgresException exception) when (exception.SqlState
            is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    // Many nodes may start at once: the lock lets one of them create the tables, and the others find them.
    private async Task<int?> CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({tables.SchemaLock})", cancellationToken);
        await ExecuteAsync(connection, "SAVEPOINT before_check", cancellationToken);
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version is null)
        {
            await ExecuteAsync(connection, "ROLLBACK TO SAVEPOINT before_check", cancellationToken);
            await CreateTablesAsync(connection, cancellationToken);
            version = SchemaScript.Version;
        }

        await transaction.CommitAsync(cancellationToken);
        return version;
    }

    private async Task CreateTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // "IF NOT EXISTS" asks for the right to create a schema also where the schema exists.
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tables.SchemaName });
        if (await command.ExecuteScalarAsync(cancellationToken) is false)
        {
            await ExecuteAsync(connection, $"CREATE SCHEMA {tables.Schema}", cancellationToken);
        }

        await ExecuteAsync(connection, SchemaScript.Create(tables), cancellationToken);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
