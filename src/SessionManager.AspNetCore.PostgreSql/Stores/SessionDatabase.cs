using System.Data;
using Npgsql;
using SessionManager.AspNetCore.PostgreSql.Schema;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>Runs calls on a connection, and runs a call again when its connection turns out to be dead.</summary>
internal sealed class SessionDatabase(NpgsqlSource source, SessionSchema schema)
{
    /// <summary>Runs a call on a connection of its own. The call must do no harm when it runs twice.</summary>
    public async Task<T> RunAsync<TState, T>(
        Func<NpgsqlConnection, TState, bool, CancellationToken, Task<T>> call,
        TState state,
        CancellationToken cancellationToken)
    {
        await schema.EnsureAsync(cancellationToken);
        var hasLostConnection = false;
        var isRepeated = false;
        while (true)
        {
            await using var connection = await source.Value.OpenConnectionAsync(cancellationToken);
            try
            {
                return await call(connection, state, isRepeated, cancellationToken);
            }
            catch (Exception exception) when (
                !hasLostConnection && !cancellationToken.IsCancellationRequested && IsLost(exception, connection))
            {
                // The server was restarted, so the other idle connections are dead as well.
                hasLostConnection = true;
                source.Value.Clear();
            }
            catch (PostgresException exception) when (
                !cancellationToken.IsCancellationRequested && IsConflict(exception))
            {
                // Only where somebody has raised the isolation level: the call has done nothing.
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable)
            {
                schema.Forget();
                throw;
            }

            isRepeated = true;
        }
    }

    private static bool IsLost(Exception exception, NpgsqlConnection connection) => exception switch
    {
        PostgresException postgres => postgres.SqlState
            is PostgresErrorCodes.AdminShutdown
            or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.IdleSessionTimeout
            // The server has become a standby.
            or PostgresErrorCodes.ReadOnlySqlTransaction
            // The tables have changed since a statement was prepared.
            or PostgresErrorCodes.FeatureNotSupported,
        NpgsqlException => connection.FullState.HasFlag(ConnectionState.Broken)
            || connection.State is ConnectionState.Closed,
        _ => false,
    };

    private static bool IsConflict(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.SerializationFailure;
}
