using System.Globalization;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>The tables, by versions. A node makes and migrates an older schema in one transaction. It leaves a newer
/// schema alone.</summary>
/// <param name="steps">The step to each version, from the first.</param>
internal sealed class Schema(IReadOnlyList<string> steps)
{
    // docs/sqlite.md has the same text, and a test compares the two.
    private const string Version1 = """
        CREATE TABLE session_store (
          only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
          version    INTEGER NOT NULL,
          key_prefix TEXT NOT NULL,
          sweep_at   INTEGER NOT NULL DEFAULT 0,
          probe      BLOB
        ) STRICT;
        CREATE TABLE session_records (
          number       INTEGER PRIMARY KEY,
          id           BLOB NOT NULL UNIQUE,
          kind         INTEGER NOT NULL,
          version      INTEGER NOT NULL,
          header       BLOB NOT NULL,
          user_id      BLOB,
          started_at   INTEGER NOT NULL,
          last_seen_at INTEGER NOT NULL,
          keep_until   INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX session_records_by_user ON session_records (user_id, started_at, id) WHERE user_id IS NOT NULL;
        CREATE INDEX session_records_by_start ON session_records (started_at, id) WHERE kind = 0;
        CREATE TABLE session_values (
          record INTEGER NOT NULL,
          key    BLOB NOT NULL,
          value  BLOB NOT NULL,
          UNIQUE (record, key)
        ) STRICT;
        """;

    private const string TableText =
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'session_store'";

    /// <summary>The schema of this version of the package.</summary>
    public static Schema Current { get; } = new([Version1]);

    /// <summary>The step to each version, from the first.</summary>
    public IReadOnlyList<string> Steps => steps;

    /// <summary>The version that this node knows.</summary>
    public int Version => steps.Count;

    /// <summary>Makes, migrates or checks the schema.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="keyPrefix">The prefix of the application.</param>
    /// <returns>The version that was there before; 0 when there was none.</returns>
    /// <exception cref="SchemaException">The schema is newer, or is another application's.</exception>
    public int Prepare(Database database, string keyPrefix)
    {
        var stored = Read(database, keyPrefix);
        if (stored == Version)
        {
            return stored;
        }

        return database.Transact(
            static (database, state) =>
            {
                // Another process may have been faster.
                var stored = state.Schema.Read(database, state.KeyPrefix);
                state.Schema.Migrate(database, stored, state.KeyPrefix);
                return stored;
            },
            (Schema: this, KeyPrefix: keyPrefix));
    }

    /// <summary>Fails when another node has migrated the schema to a version that this node does not know.</summary>
    /// <param name="stored">The stored version.</param>
    public void Check(long stored)
    {
        if (stored != Version)
        {
            throw SchemaException.Newer(stored, Version);
        }
    }

    private int Read(Database database, string keyPrefix)
    {
        using (var tables = database.Begin(TableText))
        {
            if (!tables.Step())
            {
                return 0;
            }
        }

        using var rows = database.Begin("SELECT version, key_prefix FROM session_store");
        if (!rows.Step())
        {
            throw SchemaException.Empty();
        }

        var stored = rows.Number(0);
        if (stored > Version)
        {
            throw SchemaException.Newer(stored, Version);
        }

        return string.Equals(rows.Text(1), keyPrefix, StringComparison.Ordinal)
            ? (int)stored
            : throw SchemaException.OtherPrefix(rows.Text(1), keyPrefix);
    }

    private void Migrate(Database database, int stored, string keyPrefix)
    {
        for (var version = stored; version < Version; version++)
        {
            database.Execute(steps[version]);
        }

        if (stored == 0)
        {
            using var insertion = database.Begin(
                "INSERT INTO session_store (only_row, version, key_prefix) VALUES (1, 0, CAST(?1 AS TEXT))");
            insertion.Bind(1, System.Text.Encoding.UTF8.GetBytes(keyPrefix));
            insertion.Run();
        }

        database.Execute(string.Create(
            CultureInfo.InvariantCulture, $"UPDATE session_store SET version = {Version}"));
    }
}
