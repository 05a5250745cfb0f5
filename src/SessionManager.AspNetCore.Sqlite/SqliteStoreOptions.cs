namespace SessionManager.AspNetCore.Sqlite;

/// <summary>Options of the SQLite store. They are validated when the application starts.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>The file, in the format of Microsoft.Data.Sqlite: <c>Data Source=sessions.db</c>. It has to be set. A
    /// relative path starts at the content root of the application. The store makes the file, and does not make its
    /// directory. Two applications never share a file.</summary>
    /// <remarks>Databases in memory, <c>Mode=ReadOnly</c> and <c>Cache=Shared</c> stop the start of the
    /// application. <c>Pooling</c> and <c>Default Timeout</c> have no effect: the store keeps its connections
    /// itself, and waits for a lock for <see cref="SessionManagerOptions.IOTimeout"/>.</remarks>
    public string? ConnectionString { get; set; }

    /// <summary>What a power cut can take away. The default is <see cref="SqliteDurability.Normal"/>.</summary>
    public SqliteDurability Durability { get; set; }
}
