using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Sqlite.Tests.Node;

namespace SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

/// <summary>A node in the process of the tests.</summary>
internal static class NodeApp
{
    /// <summary>Starts a node over the file of a test.</summary>
    /// <param name="database">The file.</param>
    /// <param name="session">Changes the options of the sessions.</param>
    /// <param name="store">Changes the options of the store.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="after">What follows the store.</param>
    public static Task<App> StartAsync(
        SessionDatabase database,
        Action<SessionManagerOptions>? session = null,
        Action<SqliteStoreOptions>? store = null,
        Action<IServiceCollection>? services = null,
        Action<ISessionManagerBuilder>? after = null) =>
        App.StartAsync(
            static app =>
            {
                app.MapNode();
                app.MapProviderSignIn();
            },
            new AppOptions
            {
                // A node in another process has this time too.
                Clock = new FakeTimeProvider(DateTimeOffset.UtcNow),
                Environment = Environments.Development,
                Session = options =>
                {
                    NodeEndpoints.Configure(options);
                    session?.Invoke(options);
                },
                Services = collection =>
                {
                    services?.Invoke(collection);
                    collection.AddHealthChecks().AddSessionManager();
                    var sessions = collection.AddSessionManager().AddSqliteStore(options =>
                    {
                        options.ConnectionString = database.ConnectionString;
                        store?.Invoke(options);
                    });
                    after?.Invoke(sessions);
                },
            });

    /// <summary>The same browser on another node.</summary>
    public static Browser On(this Browser browser, App node)
    {
        var other = node.NewBrowser();
        other.Token = browser.Token;
        return other;
    }

    /// <summary>The status of a request.</summary>
    public static async Task<int> StatusAsync(this Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        return (int)response.StatusCode;
    }

    public static async Task<string[]> KeysAsync(this Browser browser)
    {
        using var response = await browser.GetAsync("/keys");
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<string[]>())!;
    }
}
