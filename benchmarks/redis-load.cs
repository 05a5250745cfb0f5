#:sdk Microsoft.NET.Sdk.Web
#:project ../src/SessionManager.AspNetCore.Redis/SessionManager.AspNetCore.Redis.csproj
#:package Microsoft.Extensions.Caching.StackExchangeRedis
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

// The application that redis-load.sh measures: both sessions in one process, on one Redis, each with its own connection.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var redis = builder.Configuration["Redis"]!;

builder.Services.AddStackExchangeRedisCache(options => options.Configuration = redis);
builder.Services.AddSession();
builder.Services.AddSessionManager(options =>
{
    options.Cookie.Name = "sid";
    options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
}).AddRedisStore(redis);

var app = builder.Build();
app.Map("/none", none => none.Run(context => context.Response.WriteAsync("nothing")));
app.Map("/builtin", branch => branch.UseSession().Run(HandleAsync));
app.Map("/ours", branch => branch.UseSessionManager().Run(HandleAsync));
app.Run();

// The same for both: 8 values, together of the size asked for; then one is read or changed. LoadAsync, because the built-in session
// otherwise reads with a blocked thread, and stalls under this load for seconds; ours is loaded already.
static async Task HandleAsync(HttpContext context)
{
    if (context.Request.Path != "/untouched")
    {
        await context.Session.LoadAsync();
    }

    var answer = "untouched";
    switch (context.Request.Path.Value)
    {
        case "/fill":
            var size = int.Parse(context.Request.Query["size"]!, System.Globalization.CultureInfo.InvariantCulture);
            for (var i = 0; i < 8; i++)
            {
                context.Session.SetString($"value{i}", new string('x', size / 8));
            }

            answer = "filled";
            break;
        case "/read":
            answer = context.Session.GetString("value3") is { } value ? $"read {value.Length}" : "no session";
            break;
        case "/write":
            context.Session.SetInt32("counter", Random.Shared.Next());
            answer = "written";
            break;
    }

    await context.Response.WriteAsync(answer);
}
