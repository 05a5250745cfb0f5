using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Sqlite.Configuration;
using SessionManager.AspNetCore.Sqlite.Diagnostics;
using SessionManager.AspNetCore.Storage;
using SQLitePCL;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>The open connections: one that writes, and those that read. After a fault all of them are opened again, and
/// the schema is checked again.</summary>
internal sealed class Connections(
    FileLocation location,
    Schema schema,
    IOptions<SqliteStoreOptions> options,
    IOptions<SessionManagerOptions> sessionOptions,
    ILogger<SqliteRecordStore> logger)
{
    // A pragma can't take parameters. The log file goes back to this size, in bytes, after a burst of writes.
    private const string Normal = "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216";
    private const string Full = "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216";

    private volatile ConcurrentStack<Database> _readers = [];
    private volatile bool _isReady;
    private Database? _writer;
    private string? _reported;
    private bool _wasReady;

    /// <summary>Whether the file was open and had the right schema, as far as this process knows.</summary>
    public bool IsReady => _isReady;

    /// <summary>Whether another connection holds the lock, or repairs the file after a crash: the same call may succeed
    /// a moment later.</summary>
    /// <param name="exception">The fault.</param>
    public static bool IsLocked(Exception exception) => exception is SqliteException
    {
        SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL,
    };

    /// <summary>Runs a read on a connection that nobody else uses.</summary>
    /// <param name="read">The read.</param>
    /// <param name="state">The state that the read gets.</param>
    public T Read<TState, T>(Func<Database, TState, T> read, TState state)
    {
        var readers = _readers;
        var database = readers.TryPop(out var idle) ? idle : null;
        try
        {
            database ??= Database.Open(location, mayCreate: false);
            var result = read(database, state);
            Return(database, readers);
            return result;
        }
        catch (Exception exception)
        {
            if (IsLocked(exception) && database is not null)
            {
                Return(database, readers);
            }
            else if (!IsLocked(exception))
            {
                // The thread that writes closes its connection itself.
                database?.Dispose();
                _isReady = false;
                CloseReaders();
            }

            throw;
        }
    }

    /// <summary>Runs a change in one transaction. One thread at a time may call this.</summary>
    /// <param name="change">The change.</param>
    /// <param name="state">The state that the change gets.</param>
    public T Write<TState, T>(Func<Database, TState, T> change, TState state)
    {
        Prepare();
        try
        {
            return _writer!.Transact(change, state);
        }
        catch (Exception exception) when (!IsLocked(exception) && !IsAboutOneWrite(exception))
        {
            // A transaction that can't be undone ends with its connection.
            CloseWriter();
            CloseReaders();
            throw;
        }
    }

    /// <summary>Opens the connection that writes, and makes or checks the schema. One thread at a time may call
    /// this.</summary>
    /// <returns>Always <see langword="true"/>.</returns>
    public bool Prepare()
    {
        if (_isReady)
        {
            return true;
        }

        CloseWriter();
        try
        {
            _writer = Database.Open(location, mayCreate: true);
            LogAhead(_writer);
            _writer.Execute(options.Value.Durability == SqliteDurability.Full ? Full : Normal);
            var before = schema.Prepare(_writer, sessionOptions.Value.KeyPrefix);
            _isReady = true;
            ReportReady(before);
            return true;
        }
        catch (Exception exception) when (!IsLocked(exception))
        {
            Report(exception);
            throw;
        }
    }

    /// <summary>Logs that the file could not be opened at the start, unless that was logged.</summary>
    /// <param name="exception">The fault, such as a lock that another program kept.</param>
    public void ReportStart(Exception exception)
    {
        if (Volatile.Read(ref _reported) is null)
        {
            Report(exception);
        }
    }

    /// <summary>Closes the connection that writes. One thread at a time may call this.</summary>
    public void CloseWriter()
    {
        _isReady = false;
        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>Closes the connections that read, as soon as nobody uses them.</summary>
    public void CloseReaders() => Drain(Interlocked.Exchange(ref _readers, []));

    private void Return(Database database, ConcurrentStack<Database> readers)
    {
        readers.Push(database);
        if (!ReferenceEquals(readers, _readers))
        {
            Drain(readers);
        }
    }

    // On a full disk, what is closed could not be opened again, and reads would fail too.
    private static bool IsAboutOneWrite(Exception exception) => exception is SqliteException
    {
        SqliteErrorCode: raw.SQLITE_FULL or raw.SQLITE_TOOBIG or raw.SQLITE_CONSTRAINT,
    };

    private static void Drain(ConcurrentStack<Database> readers)
    {
        while (readers.TryPop(out var database))
        {
            database.Dispose();
        }
    }

    private static void LogAhead(Database database)
    {
        using var mode = database.Begin("PRAGMA journal_mode = WAL");
        mode.Step();
        if (mode.Text(0) is not "wal" and var other)
        {
            throw SchemaException.NoWal(other);
        }
    }

    // Once until the file can be used.
    private void Report(Exception exception)
    {
        var fault = StoreFault.Describe(exception, Guid.Empty);
        if (!string.Equals(Interlocked.Exchange(ref _reported, fault), fault, StringComparison.Ordinal))
        {
            logger.Unusable(location.Name, fault);
        }
    }

    private void ReportReady(int before)
    {
        var fault = Interlocked.Exchange(ref _reported, null);
        if (!_wasReady)
        {
            logger.Opened(location.Name, options.Value.Durability);
        }
        else if (fault is not null)
        {
            logger.UsableAgain(location.Name);
        }

        if (before != 0 && before != schema.Version)
        {
            logger.Migrated(location.Name, before, schema.Version);
        }

        _wasReady = true;
    }
}
