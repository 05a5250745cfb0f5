using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Sqlite.Configuration;

/// <summary>Finds every fault of the options at once, without opening the file.</summary>
internal sealed class ValidateSqliteStoreOptions : IValidateOptions<SqliteStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, SqliteStoreOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(SqliteStoreOptions options)
    {
        if (!Enum.IsDefined(options.Durability))
        {
            yield return $"Durability is '{options.Durability}'. Set it to Normal or Full.";
        }

        if (string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            yield return "ConnectionString is not set. Set it to a file, for example 'Data Source=sessions.db'.";
            yield break;
        }

        if (Read(options.ConnectionString) is not { } read)
        {
            // Not quoted: it may hold a password.
            yield return
                "ConnectionString can't be read. Write it as Microsoft.Data.Sqlite does, for example "
                + "'Data Source=sessions.db'.";
            yield break;
        }

        if (read.Mode == SqliteOpenMode.Memory || IsMemory(read.DataSource))
        {
            yield return
                "ConnectionString names no file, so the sessions would not survive a restart. Set Data Source to a "
                + "file, or use the default store.";
        }

        if (read.Mode == SqliteOpenMode.ReadOnly)
        {
            yield return "ConnectionString has Mode=ReadOnly, and sessions are written. Remove Mode.";
        }

        if (read.Cache == SqliteCacheMode.Shared)
        {
            yield return
                "ConnectionString has Cache=Shared, with which readers wait for writers. Remove Cache.";
        }
    }

    private static SqliteConnectionStringBuilder? Read(string text)
    {
        try
        {
            return new SqliteConnectionStringBuilder(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            return null;
        }
    }

    private static bool IsMemory(string dataSource) =>
        string.IsNullOrWhiteSpace(dataSource)
        || dataSource.Contains(":memory:", StringComparison.OrdinalIgnoreCase)
        || dataSource.Contains("mode=memory", StringComparison.OrdinalIgnoreCase);
}
