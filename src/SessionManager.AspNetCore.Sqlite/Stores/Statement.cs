using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>A prepared statement of a connection. It is used by one thread at a time, and holds a lock from its first
/// step to its end: whoever begins it disposes the <see cref="Execution"/>.</summary>
internal sealed class Statement(sqlite3 database, sqlite3_stmt statement) : IDisposable
{
    public static Statement Prepare(sqlite3 database, string sql)
    {
        var code = raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement);
        ThrowOnError(code, database);
        return new Statement(database, statement);
    }

    /// <summary>Begins an execution, to which parameters are bound.</summary>
    public Execution Begin() => new(this);

    public void Dispose() => statement.Dispose();

    private static void ThrowOnError(int code, sqlite3 database)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new SqliteException(
                $"SQLite Error {code & 0xFF}: '{raw.sqlite3_errmsg(database).utf8_to_string()}'.",
                code & 0xFF,
                raw.sqlite3_extended_errcode(database));
        }
    }

    /// <summary>An execution of the statement.</summary>
    internal readonly ref struct Execution(Statement statement)
    {
        private readonly sqlite3_stmt _statement = statement.Handle;
        private readonly sqlite3 _database = statement.Database;

        public void Bind(int parameter, long value) =>
            ThrowOnError(raw.sqlite3_bind_int64(_statement, parameter, value), _database);

        public void Bind(int parameter, ReadOnlySpan<byte> value) =>
            ThrowOnError(
                value.IsEmpty
                    ? raw.sqlite3_bind_zeroblob(_statement, parameter, 0)
                    : raw.sqlite3_bind_blob(_statement, parameter, value),
                _database);

        public void Bind(int parameter, Guid id)
        {
            Span<byte> bytes = stackalloc byte[16];
            id.TryWriteBytes(bytes, bigEndian: true, out _);
            Bind(parameter, bytes);
        }

        /// <summary>Returns whether there is another row.</summary>
        public bool Step()
        {
            var code = raw.sqlite3_step(_statement);
            ThrowOnError(code, _database);
            return code == raw.SQLITE_ROW;
        }

        /// <summary>Executes a statement without rows, and returns how many rows it changed.</summary>
        public int Run()
        {
            while (Step())
            {
            }

            return raw.sqlite3_changes(_database);
        }

        public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

        public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

        /// <summary>The bytes, until the next step.</summary>
        public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_statement, column);

        public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

        public void Dispose()
        {
            // What failed was thrown by the step.
            _ = raw.sqlite3_reset(_statement);
            _ = raw.sqlite3_clear_bindings(_statement);
        }
    }

    private sqlite3_stmt Handle => statement;

    private sqlite3 Database => database;
}
