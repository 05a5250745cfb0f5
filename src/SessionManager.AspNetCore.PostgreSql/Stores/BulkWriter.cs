using Npgsql;
using SessionManager.AspNetCore.Storage;
using static SessionManager.AspNetCore.PostgreSql.Stores.RecordCommands;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>Writes several records in one round trip. Rows are locked in the order of their ids, so that two calls at
/// the same time never wait for each other in a circle.</summary>
internal sealed class BulkWriter(RecordSql sql, RecordCommands commands)
{
    /// <summary>Writes records, and returns the results in the order of the writes.</summary>
    public async Task<IReadOnlyList<SessionWriteResult>> WriteAllAsync(
        NpgsqlConnection connection, IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
        {
            return [];
        }

        var results = writes.All(IsPlainEnd)
            ? await EndAllAsync(connection, writes, cancellationToken)
            : await WriteEachAsync(connection, writes, cancellationToken);
        return [.. writes.Select(write => results[write.Id])];
    }

    // What a revocation consists of. Two statements end any number of sessions.
    private static bool IsPlainEnd(SessionWrite write) =>
        write is { IsTombstone: true, DropsValues: true, KeepsHeader: false, Values.Count: 0, ExpectedVersion: not 0 };

    private async Task<Dictionary<Guid, SessionWriteResult>> EndAllAsync(
        NpgsqlConnection connection, IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken)
    {
        var results = new Dictionary<Guid, SessionWriteResult>();
        await using (var batch = Batch(connection))
        {
            commands.AddEnds(batch, writes);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                results[reader.GetGuid(0)] = SessionWriteResult.Swapped;
            }

            // A failure of the second statement shows here.
            await reader.NextResultAsync(cancellationToken);
        }

        SessionWrite[] others = [.. writes.Where(write => !results.ContainsKey(write.Id))];
        if (others.Length > 0)
        {
            await using var batch = Batch(
                connection, [.. others.Select(write => Command(sql.Load, Of(write.Id)))]);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            foreach (var write in others)
            {
                results[write.Id] = Result(write, await RecordReader.ReadAsync(reader, cancellationToken));
                await reader.NextResultAsync(cancellationToken);
            }
        }

        return results;
    }

    private async Task<Dictionary<Guid, SessionWriteResult>> WriteEachAsync(
        NpgsqlConnection connection, IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken)
    {
        SessionWrite[] ordered = [.. writes.OrderBy(write => write.Id)];
        await using var batch = Batch(connection);
        foreach (var write in ordered)
        {
            commands.Add(batch, write);
        }

        var stored = new List<StoredSession?>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            foreach (var _ in ordered)
            {
                stored.Add(await RecordReader.ReadAsync(reader, cancellationToken));
                await reader.NextResultAsync(cancellationToken);
            }
        }

        return ordered.Select((write, place) => (
                write.Id,
                Result: batch.BatchCommands[2 * place].RecordsAffected > 0
                    ? SessionWriteResult.Swapped
                    : Result(write, stored[place])))
            .ToDictionary(it => it.Id, it => it.Result);
    }

    private static SessionWriteResult Result(SessionWrite write, StoredSession? stored) =>
        stored?.Version == write.NewVersion ? SessionWriteResult.Swapped : SessionWriteResult.Moved(stored);
}
