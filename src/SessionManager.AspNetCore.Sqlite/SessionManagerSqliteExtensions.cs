using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Sqlite;
using SessionManager.AspNetCore.Sqlite.Configuration;
using SessionManager.AspNetCore.Sqlite.Housekeeping;
using SessionManager.AspNetCore.Sqlite.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps sessions in a SQLite file.</summary>
public static class SessionManagerSqliteExtensions
{
    /// <summary>Keeps sessions in a SQLite file. They survive a restart, and the store is exact across all processes of
    /// one machine.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="connectionString">The file, in the format of Microsoft.Data.Sqlite:
    /// <c>Data Source=sessions.db</c>. A relative path starts at the content root of the application.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException"><paramref name="connectionString"/> is empty.</exception>
    public static ISessionManagerBuilder AddSqliteStore(this ISessionManagerBuilder builder, string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        return builder.AddSqliteStore(options => options.ConnectionString = connectionString);
    }

    /// <summary>Keeps sessions in a SQLite file. They survive a restart, and the store is exact across all processes of
    /// one machine.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="configure">Sets options. The options are validated when the application starts.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static ISessionManagerBuilder AddSqliteStore(
        this ISessionManagerBuilder builder, Action<SqliteStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<SqliteStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SqliteStoreOptions>, ValidateSqliteStoreOptions>());
        builder.Services.Configure(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<FileLocation>();
        builder.Services.TryAddSingleton(Schema.Current);
        builder.Services.TryAddSingleton<Connections>();
        builder.Services.TryAddSingleton<SessionFile>();
        builder.Services.TryAddSingleton<RecordReader>();
        builder.Services.TryAddSingleton<RecordWriter>();
        builder.Services.TryAddSingleton<Sweep>();
        builder.Services.AddHostedService<SqliteHousekeeping>();
        return builder.AddSessionStore<SqliteRecordStore>();
    }
}
