using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Sqlite.Configuration;

/// <summary>Where the file is, and how its connections are opened.</summary>
internal sealed class FileLocation
{
    private const string UriScheme = "file:";
    private const string DataDirectory = "|DataDirectory|";

    private readonly SqliteConnectionStringBuilder _builder;

    public FileLocation(IOptions<SqliteStoreOptions> options, IHostEnvironment? environment = null)
    {
        _builder = new SqliteConnectionStringBuilder(options.Value.ConnectionString)
        {
            // The store keeps its connections itself.
            Pooling = false,
        };
        if (IsPath(_builder.DataSource))
        {
            _builder.DataSource = Path.GetFullPath(
                _builder.DataSource, environment?.ContentRootPath ?? Directory.GetCurrentDirectory());
        }
    }

    /// <summary>The file, for logs.</summary>
    public string Name => _builder.DataSource;

    /// <summary>Opens a connection.</summary>
    /// <param name="mayCreate">Whether the file is created when there is none.</param>
    public SqliteConnection Open(bool mayCreate)
    {
        if (mayCreate && IsPath(Name))
        {
            CreateForOwner(Name);
        }

        var mode = mayCreate ? _builder.Mode : SqliteOpenMode.ReadWrite;
        var builder = new SqliteConnectionStringBuilder(_builder.ConnectionString) { Mode = mode };
        var connection = new SqliteConnection(builder.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static bool IsPath(string dataSource) =>
        !dataSource.StartsWith(UriScheme, StringComparison.OrdinalIgnoreCase)
        && !dataSource.StartsWith(DataDirectory, StringComparison.OrdinalIgnoreCase);

    // Nobody else on the machine reads the values. SQLite gives its other files the rights of this one. A file that is
    // there is never opened here: closing it would drop the locks that SQLite holds in this process.
    private void CreateForOwner(string path)
    {
        if (OperatingSystem.IsWindows() || File.Exists(path) || _builder.Mode != SqliteOpenMode.ReadWriteCreate)
        {
            return;
        }

        try
        {
            new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process was faster, or SQLite will say what is wrong.
        }
    }
}
