using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.PostgreSql;
using SessionManager.AspNetCore.PostgreSql.Configuration;
using SessionManager.AspNetCore.PostgreSql.Housekeeping;
using SessionManager.AspNetCore.PostgreSql.Schema;
using SessionManager.AspNetCore.PostgreSql.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps sessions in PostgreSQL.</summary>
public static class SessionManagerPostgreSqlExtensions
{
    /// <summary>Keeps sessions in PostgreSQL. The store is exact across nodes, reads a session in one statement, and
    /// creates its tables at the start.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="connectionString">How to connect, in the format of Npgsql:
    /// <c>Host=localhost;Database=app;Username=app;Password=...</c>.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException"><paramref name="connectionString"/> is empty.</exception>
    public static ISessionManagerBuilder AddPostgreSqlStore(
        this ISessionManagerBuilder builder, string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        return builder.AddPostgreSqlStore(options => options.ConnectionString = connectionString);
    }

    /// <summary>Keeps sessions in PostgreSQL, over the <c>NpgsqlDataSource</c> of the application's services. The store
    /// is exact across nodes, reads a session in one statement, and creates its tables at the start.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <returns>The builder.</returns>
    public static ISessionManagerBuilder AddPostgreSqlStore(this ISessionManagerBuilder builder) =>
        builder.AddPostgreSqlStore(static _ => { });

    /// <summary>Keeps sessions in PostgreSQL. The store is exact across nodes, reads a session in one statement, and
    /// creates its tables at the start.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="configure">Sets options. The options are validated when the application starts. Options without a
    /// connection string use the <c>NpgsqlDataSource</c> of the application's services.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static ISessionManagerBuilder AddPostgreSqlStore(
        this ISessionManagerBuilder builder, Action<PostgreSqlStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var services = builder.Services;
        services.AddOptions<PostgreSqlStoreOptions>().ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<PostgreSqlStoreOptions>, ValidatePostgreSqlStoreOptions>());
        services.Configure(configure);
        services.TryAddSingleton<SessionTables>();
        services.TryAddSingleton<NpgsqlSource>();
        services.TryAddSingleton<SessionDatabase>();
        services.TryAddSingleton<RecordSql>();
        services.TryAddSingleton<RecordCommands>();
        services.TryAddSingleton<SessionSchema>();
        services.TryAddSingleton<ExpiredSessions>();
        services.AddHostedService<SessionHousekeeping>();
        return builder.AddSessionStore<PostgreSqlRecordStore>();
    }
}
