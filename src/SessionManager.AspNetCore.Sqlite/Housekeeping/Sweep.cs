using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Sqlite.Stores;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Housekeeping;

/// <summary>
/// Removes the records that need not be kept any more. One process at a time does so: it moves the time at which the
/// next sweep is due, with every batch. The sweep goes through the table in its own order, so no index has to follow
/// each use of a session.
/// </summary>
internal sealed class Sweep(SessionFile file, IOptions<SessionManagerOptions> options, TimeProvider time)
{
    /// <summary>The time from one sweep to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    // A batch holds the lock for about a millisecond.
    private const int RowsToRead = 1000;
    private const int RowsToRemove = 100;

    // A time that is further away was written by a process whose clock was wrong.
    private const string ClaimText =
        "UPDATE session_store SET sweep_at = ?1 + ?2 WHERE sweep_at <= ?1 OR sweep_at > ?1 + ?2";

    private const string RenewText = "UPDATE session_store SET sweep_at = ?1 + ?2";

    private const string ReadText =
        "SELECT number, keep_until FROM session_records WHERE number > ?1 ORDER BY number LIMIT ?2";

    private const string RemoveText = "DELETE FROM session_records WHERE number = ?1 AND keep_until < ?2";

    private const string RemoveValuesText = "DELETE FROM session_values WHERE record = ?1";

    private readonly StoreCall _calls = new(options.Value.IOTimeout, "sqlite");

    /// <summary>Removes expired records, if a sweep is due.</summary>
    /// <param name="cancellationToken">Ends the sweep between two batches.</param>
    /// <returns>How many records were removed; <see langword="null"/> when no sweep is due.</returns>
    /// <exception cref="SessionStoreException">The file failed or did not answer in time.</exception>
    public async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        if (await WriteAsync(Claim, Now, cancellationToken) == 0)
        {
            return null;
        }

        var removed = 0;
        var batch = new Batch(0, []);
        do
        {
            batch = await _calls.RunAsync(
                static (call, token) => call.file.ReadAsync(Next, (call.Last, call.Now), token),
                (file, batch.Last, Now),
                Guid.Empty,
                cancellationToken);
            foreach (var numbers in batch.Expired.Chunk(RowsToRemove))
            {
                removed += await WriteAsync(Remove, (numbers, Now), cancellationToken);
            }
        }
        while (batch.Last != long.MaxValue);
        return removed;
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private ValueTask<int> WriteAsync<TState>(
        Func<Database, TState, int> change, TState state, CancellationToken cancellationToken) =>
        _calls.RunAsync(
            static (call, token) => call.file.WriteAsync(call.change, call.state, token),
            (file, change, state),
            Guid.Empty,
            cancellationToken);

    private static int Claim(Database database, long now)
    {
        using var claim = database.Begin(ClaimText);
        claim.Bind(1, now);
        claim.Bind(2, (long)Interval.TotalMilliseconds);
        return claim.Run();
    }

    private static Batch Next(Database database, (long After, long Now) state)
    {
        var (last, count, expired) = (state.After, 0, new List<long>());
        using var rows = database.Begin(ReadText);
        rows.Bind(1, state.After);
        rows.Bind(2, RowsToRead);
        while (rows.Step())
        {
            (last, count) = (rows.Number(0), count + 1);
            if (rows.Number(1) < state.Now)
            {
                expired.Add(last);
            }
        }

        return new Batch(count < RowsToRead ? long.MaxValue : last, expired);
    }

    private static int Remove(Database database, (long[] Numbers, long Now) state)
    {
        using (var renew = database.Begin(RenewText))
        {
            renew.Bind(1, state.Now);
            renew.Bind(2, (long)Interval.TotalMilliseconds);
            renew.Run();
        }

        var removed = 0;
        foreach (var number in state.Numbers)
        {
            // The record may have been used meanwhile.
            if (Execute(database, RemoveText, number, state.Now) != 0)
            {
                Execute(database, RemoveValuesText, number, now: null);
                removed++;
            }
        }

        return removed;
    }

    private static int Execute(Database database, string sql, long number, long? now)
    {
        using var execution = database.Begin(sql);
        execution.Bind(1, number);
        if (now is { } bound)
        {
            execution.Bind(2, bound);
        }

        return execution.Run();
    }

    /// <summary>The expired rows among the next rows.</summary>
    /// <param name="Last">The last row that was read; the greatest number at the end of the table.</param>
    /// <param name="Expired">The rows that need not be kept any more.</param>
    private sealed record Batch(long Last, List<long> Expired);
}
