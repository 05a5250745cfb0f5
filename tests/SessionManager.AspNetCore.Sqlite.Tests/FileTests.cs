using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>A file that is locked, full, read-only, missing or no database: requests that use a session are answered
/// with 503, nothing is half written, and no restart is needed when the file works again.</summary>
public sealed class FileTests : IDisposable
{
    // A machine that is busy takes its time; a call that is not bounded takes for ever.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly SessionDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task A_lock_that_another_program_holds_is_waited_for()
    {
        await using var node = await NodeApp.StartAsync(_database);
        var browser = await BeginAsync(node);
        using var other = _database.Lock();

        var writing = browser.Clone().PostAsync("/value?key=later&value=1").StatusAsync();
        Assert.Equal("1", await browser.ReadAsync("/value?key=first"));
        Assert.False(writing.IsCompleted);
        other.Dispose();

        Assert.Equal(200, await writing);
        Assert.Equal("1", await browser.ReadAsync("/value?key=later"));
    }

    [Fact]
    public async Task A_lock_that_another_program_keeps_answers_503_within_the_timeout_and_readers_go_on()
    {
        await using var node = await NodeApp.StartAsync(
            _database, session => session.IOTimeout = TimeSpan.FromSeconds(1));
        var browser = await BeginAsync(node);
        using (_database.Lock())
        {
            var clock = Stopwatch.StartNew();
            var writes = Enumerable.Range(0, 8).Select(i => browser.Clone().PostAsync($"/value?key=lost-{i}&value=1"));
            foreach (var response in await Task.WhenAll(writes))
            {
                Assert.Equal(503, (int)response.StatusCode);
                Assert.NotNull(response.Headers.RetryAfter);
                response.Dispose();
            }

            Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.5), Bound);
            Assert.Equal("1", await browser.ReadAsync("/value?key=first"));
        }

        await UntilAsync(() => browser.PostAsync("/value?key=later&value=1"), 200);
        Assert.Equal(["first", "later"], (await browser.KeysAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_full_disk_answers_503_and_writes_nothing_by_half()
    {
        _database.Faults.Pragma = "PRAGMA max_page_count = 64";
        await using var node = await NodeApp.StartAsync(_database);
        var browser = await BeginAsync(node);
        var other = node.NewBrowser();
        await other.DoAsync("/fill?count=5&size=1000");

        Assert.Equal(["first"], await browser.KeysAsync());
        var opened = _database.Faults.Opened;

        Assert.Equal(503, await browser.PostAsync("/fill?count=200&size=4000").StatusAsync());

        Assert.Equal(["first"], await browser.KeysAsync());
        // What is closed on a full disk can't be opened again.
        Assert.Equal(opened, _database.Faults.Opened);
        Assert.Equal("ok", _database.Execute("PRAGMA integrity_check"));
        await other.DoAsync("/destroy");
        await browser.DoAsync("/value?key=later&value=1");
        Assert.Equal("1", await browser.ReadAsync("/value?key=later"));
    }

    [Fact]
    public async Task A_file_that_is_no_database_answers_503_and_is_left_alone()
    {
        var text = string.Join('\n', Enumerable.Repeat("This is a letter, and somebody wants to keep it.", 100));
        await File.WriteAllTextAsync(_database.File, text);
        await using var node = await NodeApp.StartAsync(_database);

        Assert.Equal("plain", await node.NewBrowser().ReadAsync("/plain"));
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());

        Assert.Equal(text, await File.ReadAllTextAsync(_database.File));
        var said = Assert.Single(node.Logs.Ours, entry => entry.EventId == 301);
        Assert.Contains("file is not a database", said.Message, StringComparison.Ordinal);
        Assert.Contains(_database.File, said.Message, StringComparison.Ordinal);
        File.Delete(_database.File);
        await node.NewBrowser().DoAsync("/value?key=a&value=1");
        Assert.Equal(1, node.Logs.CountOf(300));
    }

    [Fact]
    public async Task A_directory_that_is_missing_answers_503_until_it_is_there()
    {
        var directory = Path.Combine(Path.GetDirectoryName(_database.File)!, "later");
        await using var node = await NodeApp.StartAsync(
            _database, store: store => store.ConnectionString = $"Data Source={Path.Combine(directory, "a.db")}");

        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(HealthStatus.Unhealthy, await CheckAsync(node));
        Directory.CreateDirectory(directory);

        await node.NewBrowser().DoAsync("/value?key=a&value=1");
        Assert.Equal(1, node.Logs.CountOf(301));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_answers_503_where_something_is_written()
    {
        Browser browser;
        await using (var node = await NodeApp.StartAsync(_database))
        {
            browser = await BeginAsync(node);
        }

        await using var reader = await NodeApp.StartAsync(
            _database, store: store => store.ConnectionString = $"Data Source=file:{_database.File}?mode=ro");
        Assert.Equal("1", await browser.On(reader).ReadAsync("/value?key=first"));
        Assert.Equal(503, await browser.On(reader).PostAsync("/value?key=lost&value=1").StatusAsync());
        Assert.Equal(["first"], await browser.On(reader).KeysAsync());
    }

    [Fact]
    public async Task A_database_without_the_tables_that_cannot_be_written_answers_503()
    {
        using (var other = _database.Connect())
        using (var command = other.CreateCommand())
        {
            command.CommandText = "CREATE TABLE other (a)";
            command.ExecuteNonQuery();
        }

        await using var node = await NodeApp.StartAsync(
            _database, store: store => store.ConnectionString = $"Data Source=file:{_database.File}?mode=ro");
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(1, node.Logs.CountOf(301));
    }

    [Fact]
    public async Task The_health_check_writes()
    {
        await using var node = await NodeApp.StartAsync(
            _database, session => session.IOTimeout = TimeSpan.FromSeconds(1));
        Assert.Equal(HealthStatus.Healthy, await CheckAsync(node));
        using (_database.Lock())
        {
            Assert.Equal(HealthStatus.Unhealthy, await CheckAsync(node));
        }
    }

    [Fact]
    public async Task Only_the_owner_of_the_file_reads_it()
    {
        await using var node = await NodeApp.StartAsync(_database);
        await BeginAsync(node);
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes of files.");
            return;
        }

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_database.File)!))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    private static async Task<Browser> BeginAsync(App node)
    {
        var browser = node.NewBrowser();
        await UntilAsync(() => browser.PostAsync("/value?key=first&value=1"), 200);
        return browser;
    }

    private static async Task<HealthStatus> CheckAsync(App node)
    {
        var report = await node.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return report.Status;
    }

    // A call of a short timeout may take longer on a busy machine.
    private static async Task UntilAsync(Func<Task<HttpResponseMessage>> call, int status)
    {
        for (var left = 20; await call().StatusAsync() is var answer && answer != status; left--)
        {
            Assert.True(left > 0, $"The request answers {answer}.");
        }
    }
}
