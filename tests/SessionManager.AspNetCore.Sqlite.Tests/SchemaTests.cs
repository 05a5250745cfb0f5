using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Sqlite.Stores;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>The schema is made, migrated or left alone.</summary>
public sealed class SchemaTests : IDisposable
{
    private readonly SessionDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task Eight_nodes_that_start_at_once_make_the_schema_once()
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => NodeApp.StartAsync(_database))));

        foreach (var node in nodes)
        {
            await node.NewBrowser().DoAsync("/value?key=a&value=1");
            Assert.Equal((1, 0), (node.Logs.CountOf(300), node.Logs.CountOf(301)));
            await node.DisposeAsync();
        }

        Assert.Equal(1L, _database.Execute("SELECT version FROM session_store"));
    }

    [Fact]
    public async Task A_newer_schema_is_left_alone_and_answers_503()
    {
        await (await NodeApp.StartAsync(_database)).DisposeAsync();
        _database.Execute("UPDATE session_store SET version = 2");

        await using var node = await NodeApp.StartAsync(_database);

        Assert.Equal("plain", await node.NewBrowser().ReadAsync("/plain"));
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Contains(
            "schema version 2",
            Assert.Single(node.Logs.Ours, entry => entry.EventId == 301).Message,
            StringComparison.Ordinal);
        Assert.Equal(2L, _database.Execute("SELECT version FROM session_store"));
    }

    [Fact]
    public async Task A_schema_that_another_node_migrates_answers_503_from_then_on()
    {
        await using var node = await NodeApp.StartAsync(_database);
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        _database.Execute("UPDATE session_store SET version = 2");

        Assert.Equal(503, await browser.GetAsync("/value?key=a").StatusAsync());
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(1, node.Logs.CountOf(301));

        _database.Execute("UPDATE session_store SET version = 1");
        Assert.Equal("1", await browser.ReadAsync("/value?key=a"));
        Assert.Equal(1, node.Logs.CountOf(302));
    }

    [Fact]
    public async Task An_older_schema_is_migrated_once_by_nodes_that_start_at_once_and_keeps_the_sessions()
    {
        Browser browser;
        await using (var before = await NodeApp.StartAsync(_database))
        {
            browser = before.NewBrowser();
            await browser.DoAsync("/sign-in?user=ann");
        }

        var next = new Schema([.. Schema.Current.Steps, "ALTER TABLE session_records ADD COLUMN note TEXT"]);
        var nodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            NodeApp.StartAsync(_database, services: services => services.AddSingleton(next)))));

        Assert.Equal(1, nodes.Sum(node => node.Logs.CountOf(303)));
        foreach (var node in nodes)
        {
            Assert.Equal("ann", await browser.On(node).ReadAsync("/me"));
            await node.DisposeAsync();
        }

        Assert.Equal(2L, _database.Execute("SELECT version FROM session_store"));
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_older_schema()
    {
        await (await NodeApp.StartAsync(_database)).DisposeAsync();
        var broken = new Schema(
            [.. Schema.Current.Steps, "ALTER TABLE session_records ADD COLUMN note TEXT; DROP TABLE missing"]);

        await using (var node = await NodeApp.StartAsync(_database, services: services => services.AddSingleton(broken)))
        {
            Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        }

        Assert.Equal(1L, _database.Execute("SELECT version FROM session_store"));
        await using var older = await NodeApp.StartAsync(_database);
        await older.NewBrowser().DoAsync("/value?key=a&value=1");
    }

    [Fact]
    public async Task Another_application_on_the_same_file_is_refused()
    {
        await using var one = await NodeApp.StartAsync(_database);
        await using var two = await NodeApp.StartAsync(_database, session => session.KeyPrefix = "shop:");

        Assert.Equal(503, await two.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Contains(
            "'shop:'",
            Assert.Single(two.Logs.Ours, entry => entry.EventId == 301).Message,
            StringComparison.Ordinal);
        await one.NewBrowser().DoAsync("/value?key=a&value=1");
    }

    [Fact]
    public async Task The_script_of_the_document_makes_the_schema_of_the_store()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "sqlite.md"));
        var script = document.Split("```sql\n")[1].Split("```")[0];
        using (var byHand = new SessionDatabase())
        {
            byHand.Execute(script);
            await using var other = await NodeApp.StartAsync(byHand);
            await other.NewBrowser().DoAsync("/value?key=a&value=1");
            await (await NodeApp.StartAsync(_database)).DisposeAsync();
            Assert.Equal(Dump(_database), Dump(byHand));
        }
    }

    private static string Dump(SessionDatabase database) => string.Create(
        CultureInfo.InvariantCulture,
        $"{database.Execute("SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)")} "
        + $"{database.Execute("SELECT version || key_prefix FROM session_store")}");
}
