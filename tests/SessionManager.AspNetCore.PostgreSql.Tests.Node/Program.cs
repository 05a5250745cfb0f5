using SessionManager.AspNetCore;

// A node to be killed: one argument, the connection string, and one, the schema. It prints its address when it listens.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSessionManager(options => options.MaxKeys = 100_000).AddPostgreSqlStore(options =>
{
    options.ConnectionString = args[0];
    options.Schema = args[1];
});

var app = builder.Build();
app.UseSessionManager();
app.MapPost("/value", (ISessionManager session, string key, string value) => session.StoreValue(key, value));
app.MapPost("/increment", (ISessionManager session) =>
    session.UpdateValueAsync<int>("counter", static count => count + 1));

await app.StartAsync();
Console.WriteLine(app.Urls.First());
await app.WaitForShutdownAsync();
