using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>The connections: the store's own ones, or those that the application has registered.</summary>
internal sealed class NpgsqlSource(IOptions<PostgreSqlStoreOptions> options, IServiceProvider services)
    : IAsyncDisposable, IDisposable
{
    private readonly Lazy<NpgsqlDataSource> _source = new(() => options.Value.ConnectionString is { } text
        ? Create(text)
        : services.GetRequiredService<NpgsqlDataSource>());

    /// <summary>The data source.</summary>
    public NpgsqlDataSource Value => _source.Value;

    private bool OwnsSource => _source.IsValueCreated && options.Value.ConnectionString is not null;

    public ValueTask DisposeAsync() => OwnsSource ? _source.Value.DisposeAsync() : default;

    public void Dispose()
    {
        if (OwnsSource)
        {
            _source.Value.Dispose();
        }
    }

    /// <summary>Returns the connection string with what suits the store, as far as the connection string doesn't say
    /// otherwise.</summary>
    internal static NpgsqlConnectionStringBuilder Complete(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        Default(builder, "Max Auto Prepare", 50);
        Default(builder, "Auto Prepare Min Usages", 2);
        // The store leaves nothing behind in a connection.
        Default(builder, "No Reset On Close", true);
        Default(builder, "Command Timeout", 0);
        Default(builder, "Application Name", "SessionManager.AspNetCore");
        if (builder.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            // A standby would answer with what was stored a moment ago.
            Default(builder, "Target Session Attributes", "primary");
        }

        return builder;
    }

    private static NpgsqlDataSource Create(string connectionString) =>
        new NpgsqlDataSourceBuilder(Complete(connectionString).ConnectionString).Build();

    private static void Default(NpgsqlConnectionStringBuilder builder, string keyword, object value)
    {
        if (!builder.ShouldSerialize(keyword))
        {
            builder[keyword] = value;
        }
    }
}
