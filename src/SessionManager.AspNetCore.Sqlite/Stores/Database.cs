using Microsoft.Data.Sqlite;
using SessionManager.AspNetCore.Sqlite.Configuration;
using SQLitePCL;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>A connection with its prepared statements. It never waits for a lock: a lock that another connection holds
/// fails the statement at once, and <see cref="SessionFile"/> waits without a thread.</summary>
internal sealed class Database : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3 _handle;

    // The keys are constants.
    private readonly Dictionary<string, Statement> _statements = new(ReferenceEqualityComparer.Instance);

    private Database(SqliteConnection connection)
    {
        _connection = connection;
        _handle = connection.Handle!;
        _ = raw.sqlite3_busy_timeout(_handle, 0);
        _ = raw.sqlite3_extended_result_codes(_handle, 1);
    }

    /// <summary>Opens the file.</summary>
    /// <param name="location">Where the file is.</param>
    /// <param name="mayCreate">Whether the file is created when there is none.</param>
    public static Database Open(FileLocation location, bool mayCreate) => new(location.Open(mayCreate));

    /// <summary>Begins an execution of a statement, which is prepared once.</summary>
    /// <param name="sql">The statement, a constant.</param>
    public Statement.Execution Begin(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements.Add(sql, statement = Statement.Prepare(_handle, sql));
        }

        return statement.Begin();
    }

    /// <summary>Executes statements once.</summary>
    /// <param name="sql">The statements.</param>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(_handle, sql) is not raw.SQLITE_OK and var code)
        {
            throw new SqliteException(
                $"SQLite Error {code & 0xFF}: '{raw.sqlite3_errmsg(_handle).utf8_to_string()}'.",
                code & 0xFF,
                raw.sqlite3_extended_errcode(_handle));
        }
    }

    /// <summary>Executes a statement without parameters and rows.</summary>
    /// <param name="sql">The statement, a constant.</param>
    public void Run(string sql)
    {
        using var execution = Begin(sql);
        execution.Run();
    }

    /// <summary>Runs a change in one transaction, which has the lock for writing from its beginning: a transaction that
    /// asks for the lock later fails at once when another connection has written meanwhile.</summary>
    /// <param name="change">The change. What it throws undoes the whole transaction.</param>
    /// <param name="state">The state that the change gets.</param>
    public T Transact<TState, T>(Func<Database, TState, T> change, TState state)
    {
        Run("BEGIN IMMEDIATE");
        try
        {
            var result = change(this, state);
            Run("COMMIT");
            return result;
        }
        catch
        {
            Undo();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    // Some faults have ended the transaction themselves. Where it can't be undone, closing the connection undoes it.
    private void Undo()
    {
        try
        {
            if (raw.sqlite3_get_autocommit(_handle) == 0)
            {
                Run("ROLLBACK");
            }
        }
        catch (SqliteException)
        {
        }
    }
}
