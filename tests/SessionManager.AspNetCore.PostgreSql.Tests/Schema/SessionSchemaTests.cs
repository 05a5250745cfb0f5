using Microsoft.Extensions.Options;
using Npgsql;
using SessionManager.AspNetCore.PostgreSql.Schema;
using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Schema;

/// <summary>How the tables come to be, and what is said when they are not as they should be.</summary>
public sealed class SessionSchemaTests(Servers servers)
{
    [Fact]
    public async Task Nodes_that_start_at_once_create_the_tables_once()
    {
        var server = await servers.GetAsync();
        var schema = Servers.NewSchema();

        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Node.StartAsync(server.ConnectionString, new NodeOptions { Schema = schema })));

        Assert.All(nodes, node => Assert.Equal(0, node.Logs.CountOf(400)));
        var browser = nodes[0].NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        foreach (var node in nodes)
        {
            Assert.Equal("1", await browser.On(node).ReadAsync("/value?key=a"));
        }

        Assert.Equal(1L, await server.ExecuteAsync($"SELECT count(*) FROM {schema}.session_manager_schema"));
        await DisposeAsync(nodes);
    }

    [Fact]
    public async Task Tables_that_are_missing_are_not_created_without_permission_and_the_script_is_named()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions { Store = store => store.CreateSchema = false };
        await using var node = await Node.StartAsync(server.ConnectionString, options);

        var entry = Assert.Single(node.Logs.Ours, entry => entry.EventId == 400);
        Assert.Contains("docs/postgresql.sql", entry.Message, StringComparison.Ordinal);
        Assert.Contains("session_manager", entry.Message, StringComparison.Ordinal);
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(false, await server.ExecuteAsync(
            $"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{options.Schema}')"));

        await server.ExecuteAsync($"CREATE SCHEMA {options.Schema}");
        await server.ExecuteAsync(SchemaScript.Create(TablesOf(options.Schema)));
        await node.NewBrowser().DoAsync("/value?key=a&value=1");
        Assert.Equal(1, node.Logs.CountOf(400));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newer_schema_is_left_alone(bool creates)
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions { Store = store => store.CreateSchema = creates };
        await server.ExecuteAsync($"CREATE SCHEMA {options.Schema}");
        await server.ExecuteAsync(SchemaScript.Create(TablesOf(options.Schema)));
        await server.ExecuteAsync($"UPDATE {options.Schema}.session_manager_schema SET version = 99");
        await using var node = await Node.StartAsync(server.ConnectionString, options);

        var entry = Assert.Single(node.Logs.Ours, entry => entry.EventId == 400);
        Assert.Contains("99", entry.Message, StringComparison.Ordinal);
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(99, await server.ExecuteAsync($"SELECT version FROM {options.Schema}.session_manager_schema"));
    }

    [Fact]
    public async Task Tables_that_are_dropped_are_created_again()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        await server.ExecuteAsync($"DROP SCHEMA {options.Schema} CASCADE");

        Assert.Equal(503, await browser.GetAsync("/me").StatusAsync());
        Assert.Equal("nothing", await browser.ReadAsync("/value?key=a"));
        await browser.DoAsync("/value?key=a&value=1");
    }

    [Theory]
    [InlineData("odd name", "tab\"le'; DROP TABLE x; --")]
    [InlineData("Größe", "SELECT")]
    public async Task Any_names_are_names_and_nothing_else(string prefix, string table)
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions
        {
            Schema = $"{prefix}{Guid.NewGuid():N}",
            Store = store => store.TableName = table,
        };
        await using var node = await Node.StartAsync(server.ConnectionString, options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in?user=ann");
        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("1", await browser.DoAsync("/revoke?user=ann"));
        var literal = table.Replace("'", "''", StringComparison.Ordinal);
        Assert.Equal(1L, await server.ExecuteAsync(
            $"SELECT count(*) FROM pg_tables WHERE schemaname = '{options.Schema}' AND tablename = '{literal}'"));
    }

    [Fact]
    public async Task A_role_with_the_rights_of_the_documentation_can_do_everything_but_create_tables()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions { Store = store => store.CreateSchema = false };
        var (schema, role) = (options.Schema, $"role_{Guid.NewGuid():N}");
        await server.ExecuteAsync($"CREATE SCHEMA {schema}");
        await server.ExecuteAsync(SchemaScript.Create(TablesOf(schema)));
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        await server.ExecuteAsync(Documents.Rights(schema, role));
        await using var node = await Node.StartAsync(
            PostgreSqlServer.ConnectionStringFor(role, server.Port), options);

        var browser = node.NewBrowser();
        await browser.DoAsync("/fill?count=5&size=100");
        await browser.DoAsync("/sign-in?user=ann");
        await browser.DoAsync("/increment");
        options.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("Healthy", await node.NewBrowser().ReadAsync("/health"));
        Assert.Equal("1", await browser.DoAsync("/revoke?user=ann"));
        await node.Services.GetHousekeeping().FirstPass.WaitAsync(Node.Patience);
        Assert.Equal((0, 0), (node.Logs.CountOf(400), node.Logs.CountOf(401)));
        Assert.Equal(0, node.Logs.CountOf(31));
        await Assert.ThrowsAsync<PostgresException>(
            () => server.ExecuteAsync($"CREATE TABLE {schema}.another (id int)", role));
    }

    [Fact]
    public async Task A_role_that_may_create_in_the_schema_creates_the_tables()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions();
        var role = $"role_{Guid.NewGuid():N}";
        await server.ExecuteAsync($"CREATE SCHEMA {options.Schema}");
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        await server.ExecuteAsync($"GRANT USAGE, CREATE ON SCHEMA {options.Schema} TO {role}");
        await using var node = await Node.StartAsync(
            PostgreSqlServer.ConnectionStringFor(role, server.Port), options);
        await node.NewBrowser().DoAsync("/value?key=a&value=1");
        Assert.Equal(0, node.Logs.CountOf(400));
    }

    [Fact]
    public async Task A_role_without_rights_gets_503_and_the_log_says_why()
    {
        var server = await servers.GetAsync();
        var role = $"role_{Guid.NewGuid():N}";
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        await using var node = await Node.StartAsync(
            PostgreSqlServer.ConnectionStringFor(role, server.Port), new NodeOptions());
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Contains(
            "permission denied",
            Assert.Single(node.Logs.Ours, entry => entry.EventId == 400).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_script_of_the_documentation_creates_the_tables_of_the_store() =>
        Assert.Equal(
            SchemaScript.Create(new SessionTables(Options.Create(new PostgreSqlStoreOptions()))).Trim(),
            Documents.Script.Trim());

    private static SessionTables TablesOf(string schema) =>
        new(Options.Create(new PostgreSqlStoreOptions { Schema = schema }));

    private static async Task DisposeAsync(IEnumerable<App> nodes)
    {
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }
}
