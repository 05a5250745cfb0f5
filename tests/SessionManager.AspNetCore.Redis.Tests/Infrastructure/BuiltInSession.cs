using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>The session that comes with ASP.NET Core, on the same server, for comparison.</summary>
internal static class BuiltInSession
{
    public static async Task<WebApplication> StartAsync(RedisServer server)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddStackExchangeRedisCache(options => options.Configuration = server.Configuration);
        builder.Services.AddSession();
        var app = builder.Build();
        app.UseSession();
        app.MapGet("/plain", () => "plain");
        app.MapGet("/value", (HttpContext context, string key) => context.Session.GetString(key) ?? "nothing");
        app.MapPost("/value", (HttpContext context, string key, string value) => context.Session.SetString(key, value));
        app.MapPost("/fill", (HttpContext context, int count, int size) =>
        {
            for (var i = 0; i < count; i++)
            {
                context.Session.SetString($"value-{i}", new string('x', size));
            }
        });
        await app.StartAsync();
        return app;
    }
}
