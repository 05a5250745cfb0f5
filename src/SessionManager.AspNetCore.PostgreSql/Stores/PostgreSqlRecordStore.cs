using System.Text;
using Microsoft.Extensions.Options;
using Npgsql;
using SessionManager.AspNetCore.Storage;
using static SessionManager.AspNetCore.PostgreSql.Stores.RecordCommands;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>Keeps sessions in PostgreSQL.</summary>
internal sealed class PostgreSqlRecordStore(
    SessionDatabase database, RecordSql sql, RecordCommands commands, IOptions<SessionManagerOptions> options)
    : ISessionRecordStore, ISessionBulkStore, ISessionStoreProbe
{
    private readonly StoreCall _calls = new(options.Value.IOTimeout, "postgresql");
    private readonly RecordSql _sql = sql;
    private readonly RecordCommands _commands = commands;
    private readonly BulkWriter _bulk = new(sql, commands);

    public string Name => "postgresql";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        RunAsync(
            static async (connection, call, _, token) =>
            {
                await using var batch = Batch(connection, Command(call.Store._sql.Load, Of(call.Argument)));
                await using var reader = await batch.ExecuteReaderAsync(token);
                return await RecordReader.ReadAsync(reader, token);
            },
            id,
            id,
            cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        RunAsync(
            static async (connection, call, _, token) =>
            {
                await using var batch = Batch(connection);
                call.Store._commands.Add(batch, call.Argument);
                await using var reader = await batch.ExecuteReaderAsync(token);
                return await ReadResultAsync(call.Argument, batch.BatchCommands[0], reader, token);
            },
            write,
            write.Id,
            cancellationToken);

    public ValueTask<IReadOnlyList<SessionWriteResult>> WriteAllAsync(
        IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken = default) =>
        RunAsync(
            static (connection, call, _, token) => call.Store._bulk.WriteAllAsync(connection, call.Argument, token),
            writes,
            Guid.Empty,
            cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        RunAsync(
            static async (connection, call, isRepeated, token) =>
            {
                var touch = call.Argument;
                await using var batch = Batch(connection, Command(
                    call.Store._sql.Touch,
                    Of(touch.Id),
                    Of(touch.NewVersion),
                    Of(Milliseconds(touch.LastSeenAt)),
                    Of(Milliseconds(touch.KeepUntil)),
                    Of(isRepeated)));
                return await batch.ExecuteNonQueryAsync(token) == 1;
            },
            touch,
            touch.Id,
            cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        ReadHeadersAsync(Command(_sql.Find, OfBytes(Encoding.UTF8.GetBytes(userId))), cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        ReadHeadersAsync(
            after is null
                ? Command(_sql.ListFirst, Of(count))
                : Command(_sql.ListAfter, Of(count), Of(Milliseconds(after.StartedAt)), Of(after.Id)),
            cancellationToken);

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default)
    {
        var write = Probe();
        var stored = await RunAsync(
            static async (connection, call, _, token) =>
            {
                // One transaction: nobody else ever sees the entry.
                await using var batch = Batch(connection);
                call.Store._commands.AddProbe(batch, call.Argument);
                await using var reader = await batch.ExecuteReaderAsync(token);
                await reader.NextResultAsync(token);
                return await RecordReader.ReadAsync(reader, token);
            },
            write,
            write.Id,
            cancellationToken);
        if (stored?.Version != write.NewVersion
            || !stored.Header.Span.SequenceEqual(write.Header.Span)
            || stored.Values.Count != write.Values.Count)
        {
            throw new SessionStoreException("The session store 'postgresql' returned another entry than was written.");
        }
    }

    private static SessionWrite Probe() => new()
    {
        Id = Guid.NewGuid(),
        ExpectedVersion = 0,
        NewVersion = Random.Shared.NextInt64(1, long.MaxValue),
        Header = Guid.NewGuid().ToByteArray(),
        IsTombstone = true,
        LastSeenAt = DateTimeOffset.UnixEpoch,
        StartedAt = DateTimeOffset.UnixEpoch,
        Now = DateTimeOffset.UnixEpoch,
        KeepUntil = DateTimeOffset.UnixEpoch,
        IndexUntil = DateTimeOffset.UnixEpoch,
        Values = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal) { ["probe"] = new byte[1] },
    };

    private ValueTask<IReadOnlyList<StoredSession>> ReadHeadersAsync(
        NpgsqlBatchCommand command, CancellationToken cancellationToken) =>
        RunAsync(
            static async (connection, call, _, token) =>
            {
                await using var batch = Batch(connection, call.Argument);
                await using var reader = await batch.ExecuteReaderAsync(token);
                return await RecordReader.ReadHeadersAsync(reader, token);
            },
            command,
            Guid.Empty,
            cancellationToken);

    // Reads what the second command of a write has found, which is nothing where the first one has written the row.
    private static async Task<SessionWriteResult> ReadResultAsync(
        SessionWrite write, NpgsqlBatchCommand command, NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var stored = await RecordReader.ReadAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return command.RecordsAffected > 0 || stored?.Version == write.NewVersion
            ? SessionWriteResult.Swapped
            : SessionWriteResult.Moved(stored);
    }

    private ValueTask<TResult> RunAsync<TArgument, TResult>(
        Func<NpgsqlConnection, (PostgreSqlRecordStore Store, TArgument Argument), bool, CancellationToken,
            Task<TResult>> call,
        TArgument argument,
        Guid id,
        CancellationToken cancellationToken) =>
        _calls.RunAsync(
            static (state, token) => state.Database.RunAsync(state.Call, state.Argument, token),
            (Database: database, Call: call, Argument: (this, argument)),
            id,
            cancellationToken);
}
