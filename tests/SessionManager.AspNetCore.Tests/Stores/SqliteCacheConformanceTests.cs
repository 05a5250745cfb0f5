using Microsoft.Data.Sqlite;
using NeoSmart.Caching.Sqlite;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract over SQLite, in a file.</summary>
public sealed class SqliteCacheConformanceTests : RemoteCacheConformance, IAsyncDisposable
{
    private readonly string _file;

    static SqliteCacheConformanceTests() => SQLitePCL.Batteries.Init();

    public SqliteCacheConformanceTests()
        : this(Path.Combine(Path.GetTempPath(), $"sessions-{Guid.NewGuid():N}.db"))
    {
    }

    private SqliteCacheConformanceTests(string file)
        : base(new SqliteCache(new SqliteCacheOptions { CachePath = file, CleanupInterval = null })) => _file = file;

    public async ValueTask DisposeAsync()
    {
        await ((SqliteCache)Cache).DisposeAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(_file)!, Path.GetFileName(_file) + "*"))
        {
            File.Delete(file);
        }
    }
}
