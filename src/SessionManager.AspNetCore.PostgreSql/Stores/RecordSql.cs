using SessionManager.AspNetCore.PostgreSql.Schema;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>
/// The statements. Each writer changes the row of the session first, and then the values, in a statement of its own:
/// the lock of the row makes writers of one session wait for one another, and the second statement sees what the last
/// one of them has left.
/// </summary>
internal sealed class RecordSql
{
    /// <summary>The format of rows that this store writes. A newer store may write other ones.</summary>
    public const short Format = 1;

    private readonly string _sessions;
    private readonly string _values;
    private readonly string[] _changes;

    public RecordSql(SessionTables tables)
    {
        (_sessions, _values) = (tables.Sessions, tables.Values);
        Load = $"{Record("$1")}";
        Touch =
            $"""
            UPDATE {_sessions}
            SET version = $2, last_seen_at = $3, keep_until = GREATEST(keep_until, $4)
            WHERE id = $1 AND format = {Format} AND (last_seen_at < $3 OR ($5 AND version = $2))
            """;
        Find =
            $"""
            SELECT {Header} FROM {_sessions} WHERE sha256(user_id) = sha256($1) AND user_id = $1
            ORDER BY started_at, id
            """;
        ListFirst =
            $"""
            SELECT {Header} FROM {_sessions} WHERE NOT is_tombstone AND format = {Format}
            ORDER BY started_at DESC, id DESC LIMIT $1
            """;
        ListAfter =
            $"""
            SELECT {Header} FROM {_sessions} WHERE NOT is_tombstone AND format = {Format}
                AND (started_at, id) < ($2, $3)
            ORDER BY started_at DESC, id DESC LIMIT $1
            """;
        Insert =
            $"""
            INSERT INTO {_sessions} AS stored
                (id, version, header, last_seen_at, started_at, keep_until, is_tombstone, user_id, format)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {Format})
            ON CONFLICT (id) DO UPDATE SET
                version = $2, header = $3, last_seen_at = $4, started_at = $5, keep_until = $6, is_tombstone = $7,
                user_id = $8, format = {Format}
            WHERE stored.format <> {Format}
            """;
        Update =
            $"""
            UPDATE {_sessions}
            SET version = $2, header = COALESCE($3, header), last_seen_at = GREATEST(last_seen_at, $4),
                started_at = $5, keep_until = GREATEST(keep_until, $6), is_tombstone = $7, user_id = $8
            WHERE id = $1 AND format = {Format} AND version = $9
            """;
        _changes =
        [
            .. Enumerable.Range(0, 8).Select(kind => Change((kind & 1) != 0, (kind & 2) != 0, (kind & 4) != 0)),
        ];
        EndAll =
            $"""
            WITH locked AS MATERIALIZED (
                SELECT id FROM {_sessions} WHERE id = ANY ($1) ORDER BY id FOR UPDATE
            )
            UPDATE {_sessions} AS stored
            SET version = ended.version, header = ended.header,
                last_seen_at = GREATEST(stored.last_seen_at, ended.last_seen_at), started_at = ended.started_at,
                keep_until = GREATEST(stored.keep_until, ended.keep_until), is_tombstone = true, user_id = NULL
            FROM locked
            JOIN unnest($1, $2, $3, $4, $5, $6, $7)
                AS ended (id, version, header, last_seen_at, started_at, keep_until, expected) ON ended.id = locked.id
            WHERE stored.id = locked.id AND stored.format = {Format}
                AND stored.version = ended.expected
            RETURNING stored.id
            """;
        DropAll =
            $"""
            DELETE FROM {_values} USING {_sessions} AS stored, unnest($1) AS ended (id)
            WHERE {_values}.id = stored.id AND stored.id = ended.id AND stored.{IsWrittenHere}
            """;
    }

    /// <summary>Removes the values of some sessions.</summary>
    public string RemoveValues => $"DELETE FROM {_values} WHERE id = ANY ($1)";

    /// <summary>Removes some sessions.</summary>
    public string RemoveSessions => $"DELETE FROM {_sessions} WHERE id = ANY ($1)";

    // The transaction that has written the row is this one, which therefore has the lock of the row.
    private const string IsWrittenHere = "xmin = pg_current_xact_id_if_assigned()::xid";

    // The columns of a session's row, after those of a value's row.
    private const string Header = "NULL::bytea, header, NULL::bytea, id, version, last_seen_at, started_at, format";

    /// <summary>Reads a session and its values.</summary>
    public string Load { get; }

    /// <summary>Moves the time of the last use forwards.</summary>
    public string Touch { get; }

    /// <summary>Finds the sessions of a user.</summary>
    public string Find { get; }

    /// <summary>Lists the first page.</summary>
    public string ListFirst { get; }

    /// <summary>Lists another page.</summary>
    public string ListAfter { get; }

    /// <summary>Writes the row of a session that is not stored, or not readable.</summary>
    public string Insert { get; }

    /// <summary>Writes the row of a session that is stored.</summary>
    public string Update { get; }

    /// <summary>Writes the rows of sessions that end. Locks are taken in the order of the ids, so that two calls never
    /// wait for each other.</summary>
    public string EndAll { get; }

    /// <summary>Removes the values of the sessions that have ended.</summary>
    public string DropAll { get; }

    /// <summary>Writes values if the session's row has been written, or else reads what is stored.</summary>
    /// <param name="drops">Whether all other values are removed.</param>
    /// <param name="removes">Whether some keys are removed.</param>
    /// <param name="sets">Whether some values are set.</param>
    public string ChangeValues(bool drops, bool removes, bool sets) =>
        _changes[(drops ? 1 : 0) | (removes ? 2 : 0) | (sets ? 4 : 0)];

    private string Change(bool drops, bool removes, bool sets)
    {
        var number = 1;
        var removed = removes && !drops ? $"key = ANY (${++number})" : null;
        var set = sets ? ++number : 0;
        if (drops)
        {
            removed = sets ? $"key <> ALL (${set})" : "true";
        }

        const string IsWritten = "EXISTS (SELECT FROM written)";
        var sql = $"WITH written AS (SELECT FROM {_sessions} WHERE id = $1 AND {IsWrittenHere})";
        if (removed is not null)
        {
            sql += $", removed AS (DELETE FROM {_values} WHERE id = $1 AND {removed} AND {IsWritten})";
        }

        if (sets)
        {
            sql +=
                $"""
                , added AS (
                    INSERT INTO {_values} (id, key, long_key, value)
                    SELECT $1, key, long_key, value
                    FROM unnest(${set}, ${set + 1}, ${set + 2}) AS change (key, long_key, value) WHERE {IsWritten}
                    ON CONFLICT (id, key) DO UPDATE SET value = EXCLUDED.value
                )
                """;
        }

        return $"{sql} {Record($"$1 AND NOT {IsWritten}")}";
    }

    private string Record(string id) =>
        $"""
        SELECT {Header} FROM {_sessions} WHERE id = {id}
        UNION ALL
        SELECT key, value, long_key, NULL, NULL, NULL, NULL, NULL FROM {_values} WHERE id = {id}
        """;
}
