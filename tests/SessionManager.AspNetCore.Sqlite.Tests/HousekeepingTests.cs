using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Sqlite.Housekeeping;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>Expired records are removed by one process at a time, and the file does not grow with each day.</summary>
public sealed class HousekeepingTests : IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SessionDatabase _database = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly LogSink _logs = new();

    public void Dispose()
    {
        _database.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task A_record_is_removed_with_its_values_when_it_need_not_be_kept_any_more()
    {
        var (store, sweep) = Create();
        var (expired, living) = (await WriteAsync(store), await WriteAsync(store));
        _clock.Advance(Kept);
        Assert.True(await store.TouchAsync(NewTouch(living)));
        Assert.Equal(0, await sweep.RunAsync(CancellationToken.None));
        _clock.Advance(Sweep.Interval);

        Assert.Equal(1, await sweep.RunAsync(CancellationToken.None));

        Assert.Null(await store.LoadAsync(expired));
        Assert.Equal(3, (await store.LoadAsync(living))!.Values.Count);
        Assert.Equal(3, Count("session_values"));
    }

    [Fact]
    public async Task A_record_that_is_used_while_the_sweep_runs_stays()
    {
        var (store, sweep) = Create();
        var used = await WriteAsync(store);
        // Runs when the sweep has chosen the record: it renews its claim first of all.
        _database.Execute("""
            CREATE TRIGGER used AFTER UPDATE OF sweep_at ON session_store WHEN OLD.sweep_at = NEW.sweep_at
            BEGIN UPDATE session_records SET keep_until = 9000000000000; END
            """);
        _clock.Advance(Kept + Sweep.Interval);

        Assert.Equal(0, await sweep.RunAsync(CancellationToken.None));

        Assert.Equal(3, (await store.LoadAsync(used))!.Values.Count);
        Assert.Equal(9000000000000L, _database.Execute("SELECT keep_until FROM session_records"));
    }

    [Fact]
    public async Task More_records_than_a_batch_are_removed_in_one_sweep()
    {
        var (store, sweep) = Create();
        var living = await WriteAsync(store);
        _database.Execute("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
            INSERT INTO session_records (id, kind, version, header, started_at, last_seen_at, keep_until)
            SELECT randomblob(16), 0, 1, x'00', 0, 0, i % 2 * 9000000000000 FROM n
            """);

        Assert.Equal(1250, await sweep.RunAsync(CancellationToken.None));

        Assert.Equal(1251, Count("session_records"));
        Assert.NotNull(await store.LoadAsync(living));
    }

    [Fact]
    public async Task One_of_two_processes_sweeps()
    {
        var ((store, one), (_, two)) = (Create(), Create());
        for (var i = 0; i < 5; i++)
        {
            await WriteAsync(store);
            _clock.Advance(Kept + Sweep.Interval);
            var removed = await Task.WhenAll(one.RunAsync(CancellationToken.None), two.RunAsync(CancellationToken.None));
            Assert.Equal([null, 1], removed.Order());
        }
    }

    // The process that swept last had a clock that was days ahead.
    [Fact]
    public async Task A_sweep_that_is_due_in_days_is_due_now()
    {
        var (store, sweep) = Create();
        await WriteAsync(store);
        _database.Execute("UPDATE session_store SET sweep_at = 9000000000000");
        _clock.Advance(Kept + TimeSpan.FromMilliseconds(1));

        Assert.Equal(1, await sweep.RunAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_application_sweeps_by_its_clock_and_says_once_that_it_cannot()
    {
        var services = CreateServices();
        foreach (var hosted in services.GetServices<IHostedService>().OfType<SqliteHousekeeping>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        var store = services.GetRequiredService<ISessionRecordStore>();
        await WriteAsync(store);
        await _database.Faults.FailAsync();
        await AdvanceUntilAsync(() => _logs.CountOf(304) == 1);
        var attempts = _database.Faults.Failures;
        await AdvanceUntilAsync(() => _database.Faults.Failures > attempts + 1);
        await _database.Faults.HealAsync();
        await AdvanceUntilAsync(() => Count("session_records") == 0);
        await AdvanceUntilAsync(() => _logs.CountOf(305) == 1);

        Assert.Equal(1, _logs.CountOf(304));
        foreach (var hosted in services.GetServices<IHostedService>().OfType<SqliteHousekeeping>())
        {
            await hosted.StopAsync(CancellationToken.None);
        }
    }

    // Forty sessions begin every five minutes, are used twice and expire: 11,520 a day, some 360 at a time.
    [Fact]
    public async Task A_day_of_sessions_leaves_the_file_as_large_as_its_first_hours()
    {
        var (store, sweep) = Create();
        var sessions = new Queue<Guid>();
        var (pages, removed) = (0L, 0);
        for (var step = 0; step < 24 * 12; step++)
        {
            for (var i = 0; i < 40; i++)
            {
                sessions.Enqueue(await WriteAsync(store));
            }

            foreach (var id in sessions.Take(80))
            {
                await store.TouchAsync(NewTouch(id));
            }

            while (sessions.Count > 80)
            {
                sessions.Dequeue();
            }

            _clock.Advance(Sweep.Interval);
            removed += (await sweep.RunAsync(CancellationToken.None))!.Value;
            pages = step == 2 * 12 ? Pages() : pages;
        }

        Assert.Equal(24 * 12 * 40, removed + (int)Count("session_records"));
        TestContext.Current.TestOutputHelper!.WriteLine($"Pages after two hours {pages}, after a day {Pages()}.");
        Assert.InRange(Pages(), 1, pages * 1.25);
        Assert.InRange(new FileInfo($"{_database.File}-wal").Length, 0, 16 * 1024 * 1024);
    }

    private (ISessionRecordStore Store, Sweep Sweep) Create()
    {
        var services = CreateServices();
        return (services.GetRequiredService<ISessionRecordStore>(), services.GetRequiredService<Sweep>());
    }

    private ServiceProvider CreateServices() => _database.CreateServices(Patience, services =>
    {
        services.AddLogging(logging => logging.AddProvider(_logs));
        services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_clock));
    });

    private async Task<Guid> WriteAsync(ISessionRecordStore store)
    {
        var now = Now;
        var write = new SessionWrite
        {
            Id = Guid.NewGuid(),
            ExpectedVersion = 0,
            NewVersion = 1,
            Header = new byte[120],
            LastSeenAt = now,
            StartedAt = now,
            UserId = $"user-{Random.Shared.Next(100)}",
            Now = now,
            KeepUntil = now + Kept,
            IndexUntil = now + Kept,
            Values = Enumerable.Range(0, 3).ToDictionary(i => $"key-{i}", _ => (ReadOnlyMemory<byte>?)new byte[200]),
        };
        Assert.True((await store.WriteAsync(write)).IsSwapped);
        return write.Id;
    }

    private SessionTouch NewTouch(Guid id) => new()
    {
        Id = id,
        NewVersion = Random.Shared.NextInt64(1, long.MaxValue),
        LastSeenAt = Now,
        KeepUntil = Now + Kept,
        StartedAt = Now,
        IndexUntil = Now + Kept,
    };

    // In whole milliseconds.
    private DateTimeOffset Now =>
        DateTimeOffset.FromUnixTimeMilliseconds(_clock.GetUtcNow().ToUnixTimeMilliseconds());

    private async Task AdvanceUntilAsync(Func<bool> isReached)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isReached())
        {
            patience.Token.ThrowIfCancellationRequested();
            _clock.Advance(Sweep.Interval);
            await Task.Delay(20, patience.Token);
        }
    }

    private long Count(string table) =>
        Convert.ToInt64(_database.Execute($"SELECT count(*) FROM {table}"), CultureInfo.InvariantCulture);

    private long Pages() => Convert.ToInt64(_database.Execute("PRAGMA page_count"), CultureInfo.InvariantCulture);
}
