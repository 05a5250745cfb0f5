using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>Writes records, each write in a transaction of its own.</summary>
/// <param name="reader">Reads what is stored.</param>
internal sealed class RecordWriter(RecordReader reader)
{
    private const string InsertText = """
        INSERT INTO session_records (id, version, header, last_seen_at, keep_until, user_id, started_at, kind)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING number
        """;

    private const string UpdateText = """
        UPDATE session_records SET version = ?2, header = ?3, last_seen_at = ?4, keep_until = max(keep_until, ?5)
        WHERE number = ?1
        """;

    // Naming the columns of an index writes the index.
    private const string UpdateAllText = """
        UPDATE session_records SET version = ?2, header = ?3, last_seen_at = ?4, keep_until = max(keep_until, ?5),
          user_id = ?6, started_at = ?7, kind = ?8
        WHERE number = ?1
        """;

    private const string TouchText = """
        UPDATE session_records SET version = ?2, last_seen_at = ?3, keep_until = max(keep_until, ?4) WHERE number = ?1
        """;

    private const string DeleteText = "DELETE FROM session_records WHERE number = ?1";

    private const string DropText = "DELETE FROM session_values WHERE record = ?1";

    private const string RemoveText = "DELETE FROM session_values WHERE record = ?1 AND key = ?2";

    private const string SetText = """
        INSERT INTO session_values (record, key, value) VALUES (?1, ?2, ?3)
        ON CONFLICT (record, key) DO UPDATE SET value = excluded.value
        """;

    /// <summary>Applies a write, if the stored version is the expected one.</summary>
    /// <param name="database">The connection, in a transaction.</param>
    /// <param name="write">The write.</param>
    public SessionWriteResult Write(Database database, SessionWrite write)
    {
        var stored = reader.Look(database, write.Id);
        if (stored.Version == write.NewVersion)
        {
            return SessionWriteResult.Swapped;
        }

        if (stored.Version != write.ExpectedVersion)
        {
            return SessionWriteResult.Moved(reader.Load(database, write.Id));
        }

        // A record that can't be read goes as a whole.
        if (stored.Number != 0 && stored.Version == 0)
        {
            Run(database, DeleteText, stored.Number);
        }

        if (stored.Number != 0 && (stored.Version == 0 || write.DropsValues))
        {
            Run(database, DropText, stored.Number);
        }

        var record = stored.Version == 0 ? Insert(database, write) : Update(database, write, stored);
        foreach (var (key, value) in write.Values)
        {
            Change(database, record, RecordText.Write(key), value);
        }

        return SessionWriteResult.Swapped;
    }

    /// <summary>Applies a touch, if it is later than the last use.</summary>
    /// <param name="database">The connection, in a transaction.</param>
    /// <param name="touch">The touch.</param>
    public bool Touch(Database database, SessionTouch touch)
    {
        var stored = reader.Look(database, touch.Id);
        var lastSeenAt = touch.LastSeenAt.ToUnixTimeMilliseconds();
        if (stored.Version == 0 || stored.LastSeenAt >= lastSeenAt)
        {
            return false;
        }

        using var update = database.Begin(TouchText);
        update.Bind(1, stored.Number);
        update.Bind(2, touch.NewVersion);
        update.Bind(3, lastSeenAt);
        update.Bind(4, touch.KeepUntil.ToUnixTimeMilliseconds());
        update.Run();
        return true;
    }

    private static long Insert(Database database, SessionWrite write)
    {
        using var insertion = database.Begin(InsertText);
        insertion.Bind(1, write.Id);
        BindChanges(insertion, write, write.LastSeenAt.ToUnixTimeMilliseconds());
        BindColumns(insertion, write);
        insertion.Step();
        var number = insertion.Number(0);
        insertion.Run();
        return number;
    }

    private static long Update(Database database, SessionWrite write, in StoredRecord stored)
    {
        var movesIndex = write.MovesIndex || write.IsTombstone;
        using var update = database.Begin(movesIndex ? UpdateAllText : UpdateText);
        update.Bind(1, stored.Number);
        BindChanges(update, write, Math.Max(write.LastSeenAt.ToUnixTimeMilliseconds(), stored.LastSeenAt));
        if (movesIndex)
        {
            BindColumns(update, write);
        }

        update.Run();
        return stored.Number;
    }

    private static void BindChanges(in Statement.Execution execution, SessionWrite write, long lastSeenAt)
    {
        execution.Bind(2, write.NewVersion);
        execution.Bind(3, write.Header.Span);
        execution.Bind(4, lastSeenAt);
        execution.Bind(5, write.KeepUntil.ToUnixTimeMilliseconds());
    }

    private static void BindColumns(in Statement.Execution execution, SessionWrite write)
    {
        if (write.UserId is { } user)
        {
            // A parameter that is not bound is null.
            execution.Bind(6, RecordText.Write(user));
        }

        execution.Bind(7, write.StartedAt.ToUnixTimeMilliseconds());
        execution.Bind(8, (long)(write.IsTombstone ? RecordKind.Tombstone : RecordKind.Session));
    }

    private static void Run(Database database, string sql, long record)
    {
        using var execution = database.Begin(sql);
        execution.Bind(1, record);
        execution.Run();
    }

    private static void Change(Database database, long record, byte[] key, ReadOnlyMemory<byte>? value)
    {
        using var change = database.Begin(value is null ? RemoveText : SetText);
        change.Bind(1, record);
        change.Bind(2, key);
        if (value is { } set)
        {
            change.Bind(3, set.Span);
        }

        change.Run();
    }
}
