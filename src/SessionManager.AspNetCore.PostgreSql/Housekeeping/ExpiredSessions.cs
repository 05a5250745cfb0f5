using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SessionManager.AspNetCore.PostgreSql.Schema;
using SessionManager.AspNetCore.PostgreSql.Stores;
using static SessionManager.AspNetCore.PostgreSql.Stores.RecordCommands;

namespace SessionManager.AspNetCore.PostgreSql.Housekeeping;

/// <summary>
/// Removes the sessions that need not be kept any longer, a few at a time. Each touch would have to write an index on
/// the time, so the pages of the table are read one after another.
/// </summary>
internal sealed class ExpiredSessions(
    SessionDatabase database, SessionTables tables, RecordSql sql, IOptions<SessionManagerOptions> options)
{
    private const int PagesPerStep = 64;
    private const int SessionsPerStep = 500;

    private const string Pages =
        "SELECT pg_relation_size($1::text::regclass) / current_setting('block_size')::bigint";

    // A time far in the future comes from a node whose clock is wrong.
    private readonly string _claim =
        $"UPDATE {tables.Version} SET cleaned_at = $1 WHERE cleaned_at <= $1 - $2 OR cleaned_at > $1 + $2";

    private readonly string _lock = $"SELECT pg_try_advisory_xact_lock({tables.HousekeepingLock})";

    // Sessions that somebody writes now are left for the next time, so this never waits for a lock.
    private readonly string _find =
        $"""
        SELECT id FROM {tables.Sessions} WHERE ctid >= $1 AND ctid < $2 AND keep_until < $3
        LIMIT {SessionsPerStep} FOR UPDATE SKIP LOCKED
        """;

    /// <summary>Goes through the table once, unless some node has done so within the interval or does so now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="interval">How often the nodes together go through the table.</param>
    /// <param name="cancellationToken">Ends the work between two steps.</param>
    /// <returns>The number of removed sessions.</returns>
    public async Task<int> RemoveAsync(DateTimeOffset now, TimeSpan interval, CancellationToken cancellationToken)
    {
        if (!await RunAsync(ClaimAsync, (now, interval), cancellationToken))
        {
            return 0;
        }

        var removed = 0;
        var pages = await RunAsync(CountPagesAsync, now, cancellationToken);
        for (long page = 0; page < pages;)
        {
            var step = await RunAsync(RemoveStepAsync, (page, now), cancellationToken);
            if (step is not { } count)
            {
                // Another node has the lock.
                break;
            }

            removed += count;
            page += count == SessionsPerStep ? 0 : PagesPerStep;
        }

        return removed;
    }

    private async Task<bool> ClaimAsync(
        NpgsqlConnection connection, (DateTimeOffset Now, TimeSpan Interval) pass, bool _, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(_claim, connection);
        command.Parameters.Add(Of(Milliseconds(pass.Now)));
        command.Parameters.Add(Of((long)pass.Interval.TotalMilliseconds));
        return await command.ExecuteNonQueryAsync(token) > 0;
    }

    private async Task<long> CountPagesAsync(
        NpgsqlConnection connection, DateTimeOffset now, bool _, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Pages, connection);
        command.Parameters.Add(Of(tables.Sessions));
        return (long)(await command.ExecuteScalarAsync(token))!;
    }

    // Null when another node has the lock. The rows are locked first, and their values removed by a later statement,
    // which sees what the last writer has left.
    private async Task<int?> RemoveStepAsync(
        NpgsqlConnection connection, (long Page, DateTimeOffset Now) step, bool _, CancellationToken token)
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        var ids = new List<Guid>();
        await using (var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(_lock),
                Command(_find, Page(step.Page), Page(step.Page + PagesPerStep), Of(Milliseconds(step.Now))),
            },
        })
        {
            await using var reader = await batch.ExecuteReaderAsync(token);
            if (!await reader.ReadAsync(token) || !reader.GetBoolean(0))
            {
                return null;
            }

            await reader.NextResultAsync(token);
            while (await reader.ReadAsync(token))
            {
                ids.Add(reader.GetGuid(0));
            }
        }

        if (ids.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection, transaction)
            {
                BatchCommands =
                {
                    Command(sql.RemoveValues, Of(ids.ToArray())),
                    Command(sql.RemoveSessions, Of(ids.ToArray())),
                },
            };
            await batch.ExecuteNonQueryAsync(token);
        }

        await transaction.CommitAsync(token);
        return ids.Count;
    }

    private static NpgsqlParameter<NpgsqlTid> Page(long page) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Tid,
        TypedValue = new NpgsqlTid((uint)page, 0),
    };

    private async Task<TResult> RunAsync<TState, TResult>(
        Func<NpgsqlConnection, TState, bool, CancellationToken, Task<TResult>> call,
        TState state,
        CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.Value.IOTimeout);
        return await database.RunAsync(call, state, timeout.Token);
    }
}
