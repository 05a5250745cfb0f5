using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.PostgreSql.Schema;

/// <summary>The names of the tables, quoted for SQL, and the keys of the locks that belong to them.</summary>
internal sealed class SessionTables(IOptions<PostgreSqlStoreOptions> options)
{
    private readonly string _schema = options.Value.Schema;
    private readonly string _table = options.Value.TableName;

    /// <summary>The schema.</summary>
    public string Schema => Quote(_schema);

    /// <summary>The name of the schema as it is, for a parameter.</summary>
    public string SchemaName => _schema;

    /// <summary>The table of sessions: a row for each.</summary>
    public string Sessions => Qualify("");

    /// <summary>The table of values: a row for each value of each session.</summary>
    public string Values => Qualify("_values");

    /// <summary>The table of the version of the schema, which has one row.</summary>
    public string Version => Qualify("_schema");

    /// <summary>The index of sessions by user.</summary>
    public string UserIndex => Quote(_table + "_by_user");

    /// <summary>The index of sessions by start.</summary>
    public string StartIndex => Quote(_table + "_by_start");

    /// <summary>The key of the lock under which the schema is made.</summary>
    public long SchemaLock => LockKey("schema");

    /// <summary>The key of the lock under which expired sessions are removed.</summary>
    public long HousekeepingLock => LockKey("housekeeping");

    private string Qualify(string suffix) => $"{Quote(_schema)}.{Quote(_table + suffix)}";

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    // Advisory locks have numbers for names, in the whole database.
    private long LockKey(string purpose) => BinaryPrimitives.ReadInt64BigEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"SessionManager.AspNetCore\n{Sessions}\n{purpose}")));
}
