using Npgsql;

namespace SessionManager.AspNetCore.PostgreSql;

/// <summary>Options of the PostgreSQL store. They are validated when the application starts.</summary>
public sealed class PostgreSqlStoreOptions
{
    /// <summary>How to connect, in the format of Npgsql: <c>Host=localhost;Database=app;Username=app;Password=...</c>.
    /// The default is <see langword="null"/>: the store uses the <see cref="NpgsqlDataSource"/> of the application's
    /// services.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The database schema of the tables, up to 63 bytes of UTF-8. The default is <c>public</c>.</summary>
    public string Schema { get; set; } = "public";

    /// <summary>The name of the table of sessions, up to 50 bytes of UTF-8. The names of the other tables begin with
    /// this name. The default is <c>session_manager</c>.</summary>
    /// <remarks>Applications that share a database need different names, or different schemas: with the same tables an
    /// application accepts the tokens of the other applications.</remarks>
    public string TableName { get; set; } = "session_manager";

    /// <summary>Whether the store creates the tables, and brings older tables up to date. The default is
    /// <see langword="true"/>. With <see langword="false"/>, the store only checks the tables, and says which script to
    /// run.</summary>
    public bool CreateSchema { get; set; } = true;
}
