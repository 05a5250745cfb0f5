using System.Text;
using Npgsql;
using NpgsqlTypes;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>The commands of writes.</summary>
internal sealed class RecordCommands(RecordSql sql)
{
    /// <summary>Adds the two commands of a write to a batch. The first one changes the session's row if the version
    /// allows it. The second one changes the values, or reads what is stored.</summary>
    public void Add(NpgsqlBatch batch, SessionWrite write)
    {
        batch.BatchCommands.Add(WriteRow(write));
        batch.BatchCommands.Add(ChangeValues(write));
    }

    /// <summary>Adds the two commands that end several sessions to a batch.</summary>
    public void AddEnds(NpgsqlBatch batch, IReadOnlyList<SessionWrite> writes)
    {
        var ids = writes.Select(write => write.Id).ToArray();
        batch.BatchCommands.Add(Command(
            sql.EndAll,
            Of(ids),
            Of(writes.Select(write => write.NewVersion).ToArray()),
            Of(writes.Select(write => write.Header.ToArray()).ToArray()),
            Of(writes.Select(write => Milliseconds(write.LastSeenAt)).ToArray()),
            Of(writes.Select(write => Milliseconds(write.StartedAt)).ToArray()),
            Of(writes.Select(write => Milliseconds(write.KeepUntil)).ToArray()),
            Of(writes.Select(write => write.ExpectedVersion).ToArray())));
        batch.BatchCommands.Add(Command(sql.DropAll, Of(ids)));
    }

    /// <summary>Adds the commands that write an entry, read the entry and remove it again.</summary>
    public void AddProbe(NpgsqlBatch batch, SessionWrite write)
    {
        Add(batch, write);
        batch.BatchCommands.Add(Command(sql.Load, Of(write.Id)));
        batch.BatchCommands.Add(Command(sql.RemoveValues, Of(new[] { write.Id })));
        batch.BatchCommands.Add(Command(sql.RemoveSessions, Of(new[] { write.Id })));
    }

    /// <summary>Creates a batch, which is one round trip and one transaction. The caller's token bounds it.</summary>
    public static NpgsqlBatch Batch(NpgsqlConnection connection, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    /// <summary>Creates a command of a batch.</summary>
    public static NpgsqlBatchCommand Command(string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(text);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>Creates a parameter.</summary>
    public static NpgsqlParameter Of<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    /// <summary>Creates a parameter of bytes, which may be missing.</summary>
    public static NpgsqlParameter OfBytes(byte[]? value) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Bytea,
        Value = value is null ? DBNull.Value : value,
    };

    /// <summary>Returns a time as the columns hold it.</summary>
    public static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private NpgsqlBatchCommand WriteRow(SessionWrite write)
    {
        var begins = write.ExpectedVersion == 0;
        var command = Command(
            begins ? sql.Insert : sql.Update,
            Of(write.Id),
            Of(write.NewVersion),
            begins || !write.KeepsHeader ? OfMemory(write.Header) : OfBytes(null),
            Of(Milliseconds(write.LastSeenAt)),
            Of(Milliseconds(write.StartedAt)),
            Of(Milliseconds(write.KeepUntil)),
            Of(write.IsTombstone),
            OfBytes(write.UserId is { } userId ? Encoding.UTF8.GetBytes(userId) : null));
        if (!begins)
        {
            command.Parameters.Add(Of(write.ExpectedVersion));
        }

        return command;
    }

    private NpgsqlBatchCommand ChangeValues(SessionWrite write)
    {
        // What the store could not read may have left values.
        var drops = write.DropsValues || write.ExpectedVersion == 0;
        var removed = new List<byte[]>();
        var (keys, longKeys, values) = (new List<byte[]>(), new List<byte[]?>(), new List<ReadOnlyMemory<byte>>());
        foreach (var (text, value) in write.Values)
        {
            var (key, longKey) = ValueKey.Encode(text);
            if (value is { } set)
            {
                keys.Add(key);
                longKeys.Add(longKey);
                values.Add(set);
            }
            else if (!drops)
            {
                removed.Add(key);
            }
        }

        var command = Command(sql.ChangeValues(drops, removed.Count > 0, keys.Count > 0), Of(write.Id));
        if (removed.Count > 0)
        {
            command.Parameters.Add(OfArray(removed));
        }

        if (keys.Count > 0)
        {
            command.Parameters.Add(OfArray(keys));
            command.Parameters.Add(OfArray(longKeys));
            command.Parameters.Add(OfArray(values));
        }

        return command;
    }

    private static NpgsqlParameter<ReadOnlyMemory<byte>> OfMemory(ReadOnlyMemory<byte> bytes) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Bytea,
        TypedValue = bytes,
    };

    private static NpgsqlParameter<T[]> OfArray<T>(List<T> list) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
        TypedValue = [.. list],
    };
}
