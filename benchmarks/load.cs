#:sdk Microsoft.NET.Sdk.Web
#:project ../src/SessionManager.AspNetCore.Redis/SessionManager.AspNetCore.Redis.csproj
#:package Microsoft.Extensions.Caching.StackExchangeRedis
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

// The application that load.sh and redis-traffic.sh measure: no session, the built-in one and this one in one process, over memory or on one Redis, each
// with its own connection.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var redis = builder.Configuration["Redis"];
if (redis is null)
{
    builder.Services.AddDistributedMemoryCache(options => options.SizeLimit = null);
}
else
{
    builder.Services.AddStackExchangeRedisCache(options => options.Configuration = redis);
}

builder.Services.AddSession();
var session = builder.Services.AddSessionManager(options =>
{
    options.Cookie.Name = "sid";
    options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
});
if (redis is not null)
{
    session.AddRedisStore(redis);
}

var app = builder.Build();
app.Map("/bare", bare => bare.Run(context => context.Response.WriteAsync("no session")));
app.Map("/builtin", branch => branch.UseSession().Run(HandleAsync));
app.Map("/ours", branch => branch.UseSessionManager().Run(HandleAsync));
app.Run();

// The same for both: ten values, of 20 characters unless another size is asked for, one of which is read or changed. LoadAsync, because the built-in session otherwise reads
// with a blocked thread, and stalls under load for seconds; this one is loaded already.
static async Task HandleAsync(HttpContext context)
{
    var path = context.Request.Path.Value;
    if (path is not "/untouched")
    {
        await context.Session.LoadAsync();
    }

    var answer = "untouched";
    switch (path)
    {
        case "/fill":
            var size = int.Parse(context.Request.Query["size"].FirstOrDefault() ?? "200", System.Globalization.CultureInfo.InvariantCulture);
            for (var i = 0; i < 10; i++)
            {
                context.Session.SetString($"value{i}", new string('x', size / 10));
            }

            answer = "filled";
            break;
        case "/read":
            answer = context.Session.GetString("value5") ?? throw new InvalidOperationException("There is no session.");
            break;
        case "/write":
            context.Session.SetInt32("counter", Random.Shared.Next());
            answer = "written";
            break;
    }

    await context.Response.WriteAsync(answer);
}
