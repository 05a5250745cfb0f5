namespace SessionManager.AspNetCore.PostgreSql.Schema;

/// <summary>The script that creates the tables. docs/postgresql.sql is this script with the default names.</summary>
internal static class SchemaScript
{
    /// <summary>The version of the schema that this store knows.</summary>
    public const int Version = 1;

    /// <summary>Creates the tables; nothing may be there yet.</summary>
    public static string Create(SessionTables tables) =>
        $"""
        -- A row for each session. A touch changes no indexed column and finds room in its page, so that neither the
        -- table nor an index grows by it.
        CREATE TABLE {tables.Sessions} (
            id uuid PRIMARY KEY,
            version bigint NOT NULL CHECK (version <> 0),
            last_seen_at bigint NOT NULL CHECK (last_seen_at BETWEEN -62135596800000 AND 253402300799999),
            started_at bigint NOT NULL CHECK (started_at BETWEEN -62135596800000 AND 253402300799999),
            keep_until bigint NOT NULL,
            format smallint NOT NULL,
            is_tombstone boolean NOT NULL,
            user_id bytea,
            header bytea NOT NULL
        ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

        -- The user id may be longer than an index takes.
        CREATE INDEX {tables.UserIndex} ON {tables.Sessions} (sha256(user_id)) WHERE user_id IS NOT NULL;
        CREATE INDEX {tables.StartIndex} ON {tables.Sessions} (started_at, id) WHERE NOT is_tombstone;

        -- A row for each value. A key that is too long for the index is 0xFF and its SHA-256.
        CREATE TABLE {tables.Values} (
            id uuid NOT NULL,
            key bytea NOT NULL,
            value bytea NOT NULL,
            long_key bytea,
            PRIMARY KEY (id, key)
        ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

        -- One row: the version of these tables, and the time of the last housekeeping.
        CREATE TABLE {tables.Version} (
            version integer NOT NULL,
            cleaned_at bigint NOT NULL
        );
        INSERT INTO {tables.Version} (version, cleaned_at) VALUES ({Version}, 0);

        """;
}
