using Cluster;
using Microsoft.AspNetCore.HttpOverrides;
using SessionManager.AspNetCore;

var builder = WebApplication.CreateBuilder(args);
var sessions = builder.Services.AddSessionManager();
if (builder.Configuration["PostgreSql"] is { } connectionString)
{
    sessions.AddPostgreSqlStore(connectionString);
}
else
{
    sessions.AddRedisStore(builder.Configuration["Redis"] ?? "localhost:6379");
}

// Only a proxy on this machine is believed: KnownProxies and KnownIPNetworks are loopback by default. Where the proxy is another
// machine, add its address to KnownProxies; don't clear the lists, or every client may claim to be https and anybody's address.
builder.Services.Configure<ForwardedHeadersOptions>(
    options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto);

var app = builder.Build();
var node = app.Configuration["Node"] ?? Environment.MachineName;

app.UseForwardedHeaders();
app.UseFileServer();
app.UseSessionManager();

app.MapGet("/state", (ISessionManager session) => Describe(session));

app.MapPost("/clicks", async (ISessionManager session) =>
{
    await session.UpdateValueAsync<int>("clicks", clicks => clicks + 1);
    return Describe(session);
});

app.MapPost("/sign-in", (Login login, ISessionManager session) =>
    session.SetUserId(login.UserId)
        ? Results.Ok(Describe(session))
        : Results.Problem("Give a user id that is not empty.", statusCode: StatusCodes.Status400BadRequest, title: "Nobody was signed in."));

app.MapPost("/sign-out", (ISessionManager session) =>
{
    session.ClearSession();
    return Describe(session);
});

app.Run();

State Describe(ISessionManager session) => new(node, session.GetUserId(), session.GetValue<int>("clicks"));
