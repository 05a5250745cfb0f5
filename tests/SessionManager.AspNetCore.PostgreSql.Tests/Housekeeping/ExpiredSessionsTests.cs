using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.PostgreSql.Housekeeping;
using SessionManager.AspNetCore.PostgreSql.Schema;
using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Housekeeping;

/// <summary>Expired sessions go, a few at a time and by one node at a time, and the tables stay small.</summary>
public sealed class ExpiredSessionsTests(Servers servers)
{
    [Fact]
    public async Task Expired_sessions_and_their_values_are_removed_and_others_stay()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        await node.Services.StopHousekeepingAsync();
        await CopySessionsAsync(server, options, 1_200, options.Clock.GetUtcNow().AddMinutes(40));

        options.Clock.Advance(TimeSpan.FromMinutes(41));
        var browser = node.NewBrowser();
        await browser.DoAsync("/fill?count=3&size=10");
        var expired = node.Services.GetRequiredService<ExpiredSessions>();
        var removed = await RemoveAsync(expired, options);

        Assert.Equal(1_200, removed);
        Assert.Equal(1L, await CountAsync(server, options, ""));
        Assert.Equal(3L, await CountAsync(server, options, "_values"));
        Assert.Equal(3, (await browser.KeysAsync()).Length);
    }

    [Fact]
    public async Task The_running_application_removes_them_on_its_own_clock()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        await node.Services.GetHousekeeping().FirstPass.WaitAsync(Node.Patience);
        await node.NewBrowser().DoAsync("/fill?count=3&size=10");

        // A day passes, a tick of the timer after another.
        for (var i = 0; i < 400 && await CountAsync(server, options, "") > 0; i++)
        {
            options.Clock.Advance(SessionHousekeeping.Interval);
        }

        await UntilAsync(async () => await CountAsync(server, options, "") == 0);
        Assert.Equal(0L, await CountAsync(server, options, "_values"));
    }

    [Fact]
    public async Task One_of_two_nodes_removes_them_within_an_interval()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var a = await Node.StartAsync(server.ConnectionString, options);
        await using var b = await Node.StartAsync(server.ConnectionString, options);
        await a.Services.StopHousekeepingAsync();
        await b.Services.StopHousekeepingAsync();
        await CopySessionsAsync(server, options, 100, options.Clock.GetUtcNow());
        options.Clock.Advance(TimeSpan.FromMinutes(4));
        var first = a.Services.GetRequiredService<ExpiredSessions>();
        var second = b.Services.GetRequiredService<ExpiredSessions>();

        Assert.Equal(0, await first.RemoveAsync(options.Clock.GetUtcNow(), SessionHousekeeping.Interval, default));
        options.Clock.Advance(TimeSpan.FromMinutes(2));
        var removed = await Task.WhenAll(RemoveAsync(first, options), RemoveAsync(second, options));

        Assert.Equal(100, removed.Sum());
        Assert.Contains(0, removed);
    }

    [Fact]
    public async Task A_node_that_does_it_now_is_left_alone()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        await node.Services.StopHousekeepingAsync();
        await CopySessionsAsync(server, options, 10, options.Clock.GetUtcNow());
        await using var source = Npgsql.NpgsqlDataSource.Create(server.ConnectionString);
        await using var other = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var tables = node.Services.GetRequiredService<SessionTables>();
        await using var command = other.CreateCommand();
        command.CommandText = $"SELECT pg_advisory_lock({tables.HousekeepingLock})";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        options.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, await RemoveAsync(node.Services.GetRequiredService<ExpiredSessions>(), options));
        Assert.Equal(10L, await CountAsync(server, options, ""));
    }

    [Fact]
    public async Task A_session_that_is_written_meanwhile_is_neither_waited_for_nor_removed()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        await node.Services.StopHousekeepingAsync();
        await CopySessionsAsync(server, options, 2, options.Clock.GetUtcNow());
        await using var source = Npgsql.NpgsqlDataSource.Create(server.ConnectionString);
        await using var other = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var writing = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = other.CreateCommand();
        command.CommandText =
            $"""
            UPDATE {options.Schema}.session_manager SET version = 2
            WHERE id = (SELECT min(id::text) FROM {options.Schema}.session_manager)::uuid
            """;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        options.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, await RemoveAsync(node.Services.GetRequiredService<ExpiredSessions>(), options));
        await writing.CommitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1L, await CountAsync(server, options, ""));
    }

    [Fact]
    public async Task A_node_whose_clock_was_wrong_stops_nobody()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        await node.Services.StopHousekeepingAsync();
        var expired = node.Services.GetRequiredService<ExpiredSessions>();
        await expired.RemoveAsync(options.Clock.GetUtcNow().AddYears(1), SessionHousekeeping.Interval, default);
        await CopySessionsAsync(server, options, 10, options.Clock.GetUtcNow());
        options.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(10, await RemoveAsync(expired, options));
    }

    [Fact]
    public async Task A_node_that_can_not_remove_them_says_so_once()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        var role = $"role_{Guid.NewGuid():N}";
        await using (await Node.StartAsync(server.ConnectionString, options))
        {
            await server.ExecuteAsync($"CREATE ROLE {role} LOGIN");
            await server.ExecuteAsync(
                $"GRANT USAGE ON SCHEMA {options.Schema} TO {role}; "
                + $"GRANT SELECT ON ALL TABLES IN SCHEMA {options.Schema} TO {role}");
        }

        await using var node = await Node.StartAsync(PostgreSqlServer.ConnectionStringFor(role, server.Port), options);
        var housekeeping = node.Services.GetHousekeeping();
        await housekeeping.FirstPass.WaitAsync(Node.Patience);
        options.Clock.Advance(SessionHousekeeping.Interval);
        options.Clock.Advance(SessionHousekeeping.Interval);
        await housekeeping.StopAsync(TestContext.Current.CancellationToken);
        var entry = Assert.Single(node.Logs.Ours, entry => entry.EventId == 401);
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Contains("permission denied", entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_in_fast_forward_does_not_bloat_the_tables()
    {
        // A server of its own: a transaction of another test would keep the vacuum from rows that are dead.
        await using var server = await Servers.StartAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        await node.Services.StopHousekeepingAsync();
        var expired = node.Services.GetRequiredService<ExpiredSessions>();
        var pages = new List<long>();
        for (var step = 0; step < 72; step++)
        {
            // 20 minutes: 300 sessions begin, each is touched five times, and those of the last 40 minutes expire.
            var now = options.Clock.GetUtcNow();
            await CopySessionsAsync(server, options, 300, now.AddMinutes(40));
            for (var touch = 0; touch < 5; touch++)
            {
                await server.ExecuteAsync(
                    $"""
                    UPDATE {options.Schema}.session_manager SET version = version + 1, last_seen_at = last_seen_at + 1
                    WHERE keep_until > {now.AddMinutes(39).ToUnixTimeMilliseconds()}
                    """);
            }

            options.Clock.Advance(TimeSpan.FromMinutes(20));
            await RemoveAsync(expired, options);
            // What the server does by itself once a minute, which is faster than this day.
            await server.ExecuteAsync($"VACUUM {options.Schema}.session_manager");
            await server.ExecuteAsync($"VACUUM {options.Schema}.session_manager_values");
            pages.Add((long)(await server.ExecuteAsync(
                $"""
                SELECT sum(pg_total_relation_size(c.oid) / 8192)::bigint FROM pg_class c
                WHERE relnamespace = '{options.Schema}'::regnamespace AND relkind = 'r'
                """))!);
        }

        TestContext.Current.SendDiagnosticMessage($"Pages: {string.Join(' ', pages)}");
        Assert.InRange(pages[^1], 1, pages[9] * 5 / 4);
    }

    [Fact]
    public async Task A_touch_is_an_update_in_the_page_that_writes_no_index()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in?user=ann");
        for (var i = 0; i < 5; i++)
        {
            options.Clock.Advance(TimeSpan.FromMinutes(2));
            await browser.ReadAsync("/me");
            await browser.DoAsync($"/value?key=a&value={i}");
        }

        var plan =
            $"""
            SELECT n_tup_hot_upd - n_tup_upd FROM pg_stat_all_tables
            WHERE schemaname = '{options.Schema}' AND relname = 'session_manager' AND n_tup_upd >= 10
            """;
        // The server counts with a delay.
        await UntilAsync(async () => Equals(await server.ExecuteAsync(plan), 0L));
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Node.Patience, "It does not come to hold.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static Task<int> RemoveAsync(ExpiredSessions expired, NodeOptions options) => expired.RemoveAsync(
        options.Clock.GetUtcNow(), SessionHousekeeping.Interval, TestContext.Current.CancellationToken);

    private static async Task CopySessionsAsync(
        PostgreSqlServer server, NodeOptions options, int count, DateTimeOffset keepUntil) => await server.ExecuteAsync(
        $"""
        WITH begun AS (
            INSERT INTO {options.Schema}.session_manager
                (id, version, last_seen_at, started_at, keep_until, format, is_tombstone, user_id, header)
            SELECT gen_random_uuid(), 1, 0, {options.Clock.GetUtcNow().ToUnixTimeMilliseconds()},
                {keepUntil.ToUnixTimeMilliseconds()}, 1, false, sha256(random()::text::bytea),
                sha256('h') || sha256('i')
            FROM generate_series(1, {count})
            RETURNING id
        )
        INSERT INTO {options.Schema}.session_manager_values (id, key, value)
        SELECT id, convert_to('key-' || number, 'UTF8'), sha256('v') FROM begun, generate_series(1, 3) AS number
        """);

    private static async Task<long> CountAsync(PostgreSqlServer server, NodeOptions options, string table) =>
        (long)(await server.ExecuteAsync($"SELECT count(*) FROM {options.Schema}.session_manager{table}"))!;
}
