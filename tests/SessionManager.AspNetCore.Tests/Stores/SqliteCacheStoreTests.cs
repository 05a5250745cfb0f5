using Microsoft.Data.Sqlite;
using NeoSmart.Caching.Sqlite;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The store contract over SQLite, in a file.</summary>
public sealed class SqliteCacheStoreTests : CacheStoreConformance, IAsyncDisposable
{
    private readonly string _file;

    static SqliteCacheStoreTests() => SQLitePCL.Batteries.Init();

    public SqliteCacheStoreTests()
        : this(Path.Combine(Path.GetTempPath(), $"sessions-{Guid.NewGuid():N}.db"))
    {
    }

    private SqliteCacheStoreTests(string file)
        : base(new SqliteCache(new SqliteCacheOptions { CachePath = file, CleanupInterval = null })) => _file = file;

    public override async Task<TimeSpan?> ReadTimeToLiveAsync(string key)
    {
        await using var connection = new SqliteConnection($"Data Source={_file};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT expiry FROM cache WHERE key = $key";
        command.Parameters.AddWithValue("$key", key);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is long ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero) - TimeProvider.System.GetUtcNow()
            : null;
    }

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
