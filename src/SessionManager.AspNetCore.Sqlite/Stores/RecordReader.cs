using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>Reads records. Each statement also reads the version of the schema, because a newer node may migrate the
/// schema while this node runs.</summary>
/// <param name="schema">The schema that this node knows.</param>
internal sealed class RecordReader(Schema schema)
{
    private const string LoadText = """
        SELECT s.version, r.number, r.kind, r.version, r.header, r.last_seen_at, r.started_at, v.key, v.value
        FROM session_store s
        LEFT JOIN session_records r ON r.id = ?1
        LEFT JOIN session_values v ON v.record = r.number
        """;

    private const string LookText = """
        SELECT s.version, r.number, r.kind, r.version, r.header, r.last_seen_at, r.started_at
        FROM session_store s LEFT JOIN session_records r ON r.id = ?1
        """;

    private const string OfUserText = """
        SELECT s.version, r.number, r.kind, r.version, r.header, r.last_seen_at, r.started_at, r.id
        FROM session_store s CROSS JOIN session_records r
        WHERE r.user_id = ?1 ORDER BY r.started_at, r.id
        """;

    private const string NewestText = """
        SELECT s.version, r.number, r.kind, r.version, r.header, r.last_seen_at, r.started_at, r.id
        FROM session_store s CROSS JOIN session_records r
        WHERE r.kind = 0 ORDER BY r.started_at DESC, r.id DESC
        """;

    private const string NewestAfterText = """
        SELECT s.version, r.number, r.kind, r.version, r.header, r.last_seen_at, r.started_at, r.id
        FROM session_store s CROSS JOIN session_records r
        WHERE r.kind = 0 AND (r.started_at, r.id) < (?1, ?2) ORDER BY r.started_at DESC, r.id DESC
        """;

    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Loads a record with its values.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="id">The session.</param>
    public StoredSession? Load(Database database, Guid id)
    {
        using var rows = database.Begin(LoadText);
        rows.Bind(1, id);
        if (!IsRecord(rows))
        {
            return null;
        }

        if (Status(rows) is not StoredSessionStatus.Whole and var status)
        {
            return new StoredSession { Id = id, Status = status };
        }

        var (version, header) = (rows.Number(3), rows.Bytes(4).ToArray());
        var (lastSeenAt, startedAt) = (Time(rows.Number(5)), Time(rows.Number(6)));
        var values = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var bytes = 0L;
        do
        {
            // No key: there are no values. A key that is no text is a damaged value, which is left out.
            if (rows.IsNull(7) || RecordText.Read(rows.Bytes(7)) is not { } key)
            {
                continue;
            }

            var value = rows.Bytes(8).ToArray();
            bytes += rows.Bytes(7).Length + value.Length;
            values[key] = value;
        }
        while (rows.Step());
        return new StoredSession
        {
            Id = id,
            Version = version,
            Header = header,
            LastSeenAt = lastSeenAt,
            StartedAt = startedAt,
            Values = values,
            ValueBytes = bytes,
        };
    }

    /// <summary>Reads what a write or a touch has to know.</summary>
    /// <param name="database">The connection, in a transaction.</param>
    /// <param name="id">The session.</param>
    public StoredRecord Look(Database database, Guid id)
    {
        using var rows = database.Begin(LookText);
        rows.Bind(1, id);
        return !IsRecord(rows) ? default
            : Status(rows) is not StoredSessionStatus.Whole ? new StoredRecord(rows.Number(1), 0, 0)
            : new StoredRecord(rows.Number(1), rows.Number(3), rows.Number(5));
    }

    /// <summary>Finds the records of a user, without values.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="user">The user, as bytes.</param>
    public IReadOnlyList<StoredSession> OfUser(Database database, byte[] user)
    {
        using var rows = database.Begin(OfUserText);
        rows.Bind(1, user);
        return Headers(rows, int.MaxValue);
    }

    /// <summary>Lists a page of records, without values.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="page">After which position, and how many.</param>
    public IReadOnlyList<StoredSession> Page(Database database, (SessionPosition? After, int Count) page)
    {
        using var rows = database.Begin(page.After is null ? NewestText : NewestAfterText);
        if (page.After is { } after)
        {
            rows.Bind(1, after.StartedAt.ToUnixTimeMilliseconds());
            rows.Bind(2, after.Id);
        }

        return Headers(rows, page.Count);
    }

    private List<StoredSession> Headers(in Statement.Execution rows, int count)
    {
        var sessions = new List<StoredSession>();
        while (sessions.Count < count && rows.Step())
        {
            schema.Check(rows.Number(0));
            if (Status(rows) is not StoredSessionStatus.Whole || rows.Bytes(7) is not { Length: 16 } id)
            {
                continue;
            }

            sessions.Add(new StoredSession
            {
                Id = new Guid(id, bigEndian: true),
                Version = rows.Number(3),
                Header = rows.Bytes(4).ToArray(),
                LastSeenAt = Time(rows.Number(5)),
                StartedAt = Time(rows.Number(6)),
            });
        }

        return sessions;
    }

    private bool IsRecord(in Statement.Execution rows)
    {
        // The store's own row is gone when somebody has emptied the tables.
        schema.Check(rows.Step() ? rows.Number(0) : 0);
        return !rows.IsNull(1);
    }

    private static StoredSessionStatus Status(in Statement.Execution rows) => rows.Number(2) switch
    {
        > (long)RecordKind.Tombstone => StoredSessionStatus.Newer,
        >= (long)RecordKind.Session
            when rows.Number(3) != 0 && IsTime(rows.Number(5)) && IsTime(rows.Number(6)) => StoredSessionStatus.Whole,
        _ => StoredSessionStatus.Damaged,
    };

    private static bool IsTime(long milliseconds) => milliseconds >= Earliest && milliseconds <= Latest;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
