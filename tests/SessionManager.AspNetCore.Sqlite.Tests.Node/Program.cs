using SessionManager.AspNetCore.Sqlite.Tests.Node;

// A node in a process of its own, to be killed. Its argument is the connection string. It prints its address when it
// listens.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSessionManager(NodeEndpoints.Configure).AddSqliteStore(args[0]);

var app = builder.Build();
app.UseSessionManager();
app.MapNode();

await app.StartAsync();
Console.WriteLine(app.Urls.First());
await app.WaitForShutdownAsync();
