using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>What the store adds to PostgreSQL itself: a load against a bare statement for the same rows on the same
/// kind of connection, and a write of one small value in a small and in a large session. POSTGRESQL is the connection
/// string.</summary>
internal static class PostgreSqlBounds
{
    private const int Turns = 15;
    private const int Calls = 400;

    private static readonly DateTimeOffset Now =
        DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    public static async Task RunAsync()
    {
        var connection = Environment.GetEnvironmentVariable("POSTGRESQL")
            ?? throw new InvalidOperationException("Set POSTGRESQL to a connection string.");
        var schema = string.Create(CultureInfo.InvariantCulture, $"bench_{Environment.ProcessId}");
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSessionManager().AddPostgreSqlStore(options =>
        {
            options.ConnectionString = connection;
            options.Schema = schema;
        });
        await using var provider = services.BuildServiceProvider();
        var store = provider.GetRequiredService<ISessionRecordStore>();
        await using var source = NpgsqlDataSource.Create(
            connection + ";No Reset On Close=true;Max Auto Prepare=50;Auto Prepare Min Usages=2");
        try
        {
            await WriteAsync(store, source, schema);
        }
        finally
        {
            await using var drop = source.CreateCommand($"DROP SCHEMA IF EXISTS {schema} CASCADE");
            await drop.ExecuteNonQueryAsync();
        }
    }

    private static async Task WriteAsync(ISessionRecordStore store, NpgsqlDataSource source, string schema)
    {
        var small = await BeginAsync(store, values: 10, size: 100);
        var large = await BeginAsync(store, values: 100, size: 1024);
        var versions = new Dictionary<Guid, long> { [small] = 1, [large] = 1 };
        var table = new ResultTable("operation", "median", "ratio");
        foreach (var (name, id) in ((string, Guid)[])[("10 values of 100 B", small), ("100 values of 1 KB", large)])
        {
            var times = await CompareAsync(
                async () => _ = await store.LoadAsync(id), () => SelectAsync(source, schema, id));
            table.Add($"bare SELECT, {name}", $"{times.Second:0} µs", $"");
            table.Add($"load, {name}", $"{times.First:0} µs", $"{times.First / times.Second:0.00}");
        }

        var writes = await CompareAsync(
            () => ChangeAsync(store, versions, large), () => ChangeAsync(store, versions, small));
        table.Add($"write of one value, 1 KB session", $"{writes.Second:0} µs", $"");
        table.Add(
            $"write of one value, 100 KB session",
            $"{writes.First:0} µs",
            $"{writes.First / writes.Second:0.00}");
        table.Write("postgresql");
    }

    // Takes turns, so that both meet the same moments of the machine.
    private static async Task<(double First, double Second)> CompareAsync(Func<Task> first, Func<Task> second)
    {
        var (firsts, seconds) = (new List<double>(), new List<double>());
        for (var turn = -2; turn < Turns; turn++)
        {
            var (one, other) = (await MeasureAsync(first), await MeasureAsync(second));
            if (turn >= 0)
            {
                firsts.Add(one);
                seconds.Add(other);
            }
        }

        return (Median(firsts), Median(seconds));
    }

    private static async Task<double> MeasureAsync(Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
        {
            await call();
        }

        return Stopwatch.GetElapsedTime(started).TotalMicroseconds / Calls;
    }

    // Both statements of a load, as one would write them by hand, into arrays.
    private static async Task SelectAsync(NpgsqlDataSource source, string schema, Guid id)
    {
        await using var command = source.CreateCommand(
            $"""
            SELECT NULL::bytea, header, version, last_seen_at, started_at FROM {schema}.session_manager WHERE id = $1
            UNION ALL SELECT key, value, NULL, NULL, NULL FROM {schema}.session_manager_values WHERE id = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            _ = reader.IsDBNull(0) ? null : reader.GetFieldValue<byte[]>(0);
            _ = reader.GetFieldValue<byte[]>(1);
        }
    }

    private static async Task<Guid> BeginAsync(ISessionRecordStore store, int values, int size)
    {
        var id = Guid.NewGuid();
        var bytes = new byte[size];
        Random.Shared.NextBytes(bytes);
        await store.WriteAsync(Write(id, 0, 1, Enumerable.Range(0, values).ToDictionary(
            static i => string.Create(CultureInfo.InvariantCulture, $"value{i}"),
            _ => (ReadOnlyMemory<byte>?)bytes,
            StringComparer.Ordinal)));
        return id;
    }

    private static async Task ChangeAsync(ISessionRecordStore store, Dictionary<Guid, long> versions, Guid id)
    {
        var version = versions[id];
        Dictionary<string, ReadOnlyMemory<byte>?> change = new(StringComparer.Ordinal) { ["value5"] = new byte[10] };
        var result = await store.WriteAsync(Write(id, version, version + 1, change));
        versions[id] = result.IsSwapped
            ? version + 1
            : throw new InvalidOperationException("The write was refused.");
    }

    private static SessionWrite Write(
        Guid id, long expected, long version, Dictionary<string, ReadOnlyMemory<byte>?> values) => new()
        {
            Id = id,
            ExpectedVersion = expected,
            NewVersion = version,
            Header = new byte[100],
            KeepsHeader = expected != 0,
            LastSeenAt = Now,
            StartedAt = Now,
            MovesIndex = expected == 0,
            Now = Now,
            KeepUntil = Now.AddHours(1),
            IndexUntil = Now.AddHours(1),
            Values = values,
        };

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
