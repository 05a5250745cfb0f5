using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NeoSmart.Caching.Sqlite;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>
/// The SQLite store against a prepared SELECT of the same rows, and requests against the built-in session over a cache
/// in SQLite. Everything takes turns of a few milliseconds, so that a noisy moment meets all of it; the medians, by the
/// clock. Both files have <c>synchronous = NORMAL</c>.
/// </summary>
internal static class SqliteComparison
{
    private const int Rounds = 80;
    private const int Calls = 200;

    private const string SelectText = """
        SELECT r.version, r.header, r.last_seen_at, r.started_at, v.key, v.value
        FROM session_records r LEFT JOIN session_values v ON v.record = r.number
        WHERE r.id = $id
        """;

    public static async Task RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("sessions-");
        try
        {
            var table = new ResultTable("session", "operation", "compared with", "theirs", "ours", "theirs : ours");
            foreach (var (values, length) in new[] { (10, 20), (10, 200), (100, 1000) })
            {
                await CompareAsync(table, directory.FullName, values, length);
            }

            table.Write("sqlite", "sqlite.md");
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            directory.Delete(recursive: true);
        }
    }

    private static async Task CompareAsync(ResultTable table, string directory, int values, int length)
    {
        FormattableString session = $"{values} of {length} B";
        var file = Path.Combine(directory, $"load-{values}-{length}.db");
        await using (var services = new ServiceCollection().AddLogging()
            .AddSessionManager().AddSqliteStore($"Data Source={file}").Services.BuildServiceProvider())
        {
            var store = services.GetRequiredService<ISessionRecordStore>();
            var id = await FillAsync(store, values, length);
            await using var connection = new SqliteConnection($"Data Source={file}");
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = SelectText;
            command.Parameters.AddWithValue("$id", id.ToByteArray(bigEndian: true));
            await command.PrepareAsync();
            var (bare, load) = await TakeTurnsAsync(
                () =>
                {
                    Select(command);
                    return Task.CompletedTask;
                },
                () => store.LoadAsync(id).AsTask());
            Add(table, session, $"load", $"a prepared `SELECT` of the same rows", bare, load);
        }

        foreach (var scenario in new[] { Scenario.Read, Scenario.Write })
        {
            var cacheFile = Path.Combine(directory, $"cache-{scenario}-{values}-{length}.db");
            var ownFile = Path.Combine(directory, $"own-{scenario}-{values}-{length}.db");
            await using var builtIn = await RequestPipeline.StartAsync(
                Side.BuiltIn,
                scenario,
                values,
                length,
                store: services => services.Replace(ServiceDescriptor.Singleton<IDistributedCache>(
                    _ => new SqliteCache(new SqliteCacheOptions { CachePath = cacheFile, CleanupInterval = null }))));
            await using var ours = await RequestPipeline.StartAsync(
                Side.Ours,
                scenario,
                values,
                length,
                store: services => services.AddSessionManager().AddSqliteStore($"Data Source={ownFile}"));
            var (theirs, own) = await TakeTurnsAsync(builtIn.SendAsync, ours.SendAsync);
            var operation = scenario == Scenario.Read ? "a request that reads" : "a request that writes";
            Add(table, session, $"{operation}", $"the built-in session over a cache in SQLite", theirs, own);
        }
    }

    private static void Add(
        ResultTable table,
        FormattableString session,
        FormattableString operation,
        FormattableString other,
        double theirs,
        double own) =>
        table.Add(session, operation, other, $"{theirs:0.0} µs", $"{own:0.0} µs", $"**{theirs / own:0.0}**");

    private static void Select(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        for (var isFirst = true; reader.Read(); isFirst = false)
        {
            if (isFirst)
            {
                _ = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2), reader.GetInt64(3));
            }

            _ = (reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<byte[]>(5));
        }
    }

    private static async Task<Guid> FillAsync(ISessionRecordStore store, int values, int length)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var id = Guid.NewGuid();
        await store.WriteAsync(new SessionWrite
        {
            Id = id,
            ExpectedVersion = 0,
            NewVersion = 1,
            Header = new byte[120],
            LastSeenAt = now,
            StartedAt = now,
            UserId = "alice",
            Now = now,
            KeepUntil = now.AddHours(1),
            IndexUntil = now.AddHours(1),
            Values = Enumerable.Range(0, values)
                .ToDictionary(i => $"value{i}", _ => (ReadOnlyMemory<byte>?)new byte[length], StringComparer.Ordinal),
        });
        return id;
    }

    private static async Task<(double Theirs, double Ours)> TakeTurnsAsync(Func<Task> theirs, Func<Task> ours)
    {
        var (first, second) = (new List<double>(), new List<double>());
        for (var round = -Rounds / 2; round < Rounds; round++)
        {
            var (a, b) = (await TimeAsync(theirs), await TimeAsync(ours));
            if (round >= 0)
            {
                first.Add(a);
                second.Add(b);
            }
        }

        return (Median(first), Median(second));
    }

    private static async Task<double> TimeAsync(Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
        {
            await call();
        }

        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Calls;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
