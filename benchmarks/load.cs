#:sdk Microsoft.NET.Sdk.Web
#:project ../src/SessionManager.AspNetCore.Redis/SessionManager.AspNetCore.Redis.csproj
#:package Microsoft.Extensions.Caching.StackExchangeRedis
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Storage;

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
    session.AddRedisStore(options =>
    {
        options.Configuration = redis;
        options.LocalCopies = builder.Configuration.GetValue("Copies", 0L);
    });
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
        case "/time":
            answer = await TimeAsync(context);
            break;
    }

    await context.Response.WriteAsync(answer);
}

// Microseconds that the store takes to load the session, one load after another: the median of 500.
static async Task<string> TimeAsync(HttpContext context)
{
    var store = context.RequestServices.GetRequiredService<ISessionRecordStore>();
    var id = Guid.Parse(context.RequestServices.GetRequiredService<ISessionManager>().SessionId);
    var times = new List<double>();
    for (var i = 0; i < 600; i++)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await store.LoadAsync(id, context.RequestAborted);
        times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMicroseconds);
    }

    return times.Skip(100).Order().ElementAt(250).ToString("0", System.Globalization.CultureInfo.InvariantCulture);
}
