using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

/// <summary>A directory of a test with the file of its sessions, and the stores over that file.</summary>
public sealed class SessionDatabase : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sessions-");
    private readonly List<ServiceProvider> _providers = [];

    public SessionDatabase()
    {
        File = Path.Combine(_directory.FullName, "sessions.db");
        Faults = new FileFaults(File);
    }

    public string File { get; }

    public string ConnectionString => $"Data Source={File}";

    public FileFaults Faults { get; }

    /// <summary>Creates a store that shares no memory with the other stores.</summary>
    /// <param name="ioTimeout">How long one call may take.</param>
    public ISessionRecordStore CreateStore(TimeSpan ioTimeout) =>
        CreateServices(ioTimeout).GetRequiredService<ISessionRecordStore>();

    /// <summary>Creates the services of a store.</summary>
    /// <param name="ioTimeout">How long one call may take.</param>
    /// <param name="configure">Adds services.</param>
    public ServiceProvider CreateServices(TimeSpan ioTimeout, Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection().AddLogging();
        configure?.Invoke(services);
        services.AddSessionManager(options => options.IOTimeout = ioTimeout).AddSqliteStore(ConnectionString);
        _providers.Add(services.BuildServiceProvider());
        Faults.Watch(_providers[^1]);
        return _providers[^1];
    }

    /// <summary>Executes statements on a connection of its own, and returns the first column of the first
    /// row.</summary>
    /// <param name="sql">The statements.</param>
    /// <param name="id">The parameter <c>$id</c>.</param>
    public object? Execute(string sql, Guid id = default)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are those of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$id", id.ToByteArray(bigEndian: true));
        return command.ExecuteScalar();
    }

    /// <summary>Opens a connection of another program.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"{ConnectionString};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Takes the lock for writing, as another program does.</summary>
    public SqliteConnection Lock()
    {
        var other = Connect();
        using var command = other.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return other;
    }

    public void Dispose()
    {
        Faults.Dispose();
        _providers.ForEach(provider => provider.Dispose());
        _directory.Delete(recursive: true);
    }
}
