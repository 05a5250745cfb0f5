using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.TempData;

/// <summary>An MVC application whose actions do what the test says, one step a request.</summary>
internal sealed class TempDataApp : IAsyncDisposable
{
    private readonly App _app;
    private readonly TempDataSteps _steps;

    private TempDataApp(App app, TempDataSteps steps) => (_app, _steps) = (app, steps);

    public LogSink Logs => _app.Logs;

    public IServiceProvider Services => _app.Services;

    public static async Task<TempDataApp> StartAsync(Action<IMvcBuilder>? mvc = null, FaultCache? cache = null, Action<SessionManagerOptions>? session = null)
    {
        var steps = new TempDataSteps();
        var app = await App.StartAsync(
            app =>
            {
                app.MapControllers();
                app.MapRazorPages();
            },
            new AppOptions
            {
                Cache = cache,
                Session = session,
                Services = services =>
                {
                    var builder = services.AddSingleton(steps).AddControllersWithViews();
                    services.AddRazorPages();
                    mvc?.Invoke(builder);
                },
            });
        return new TempDataApp(app, steps);
    }

    public Browser NewBrowser() => _app.NewBrowser();

    /// <summary>Runs a step in a request of its own, and fails the test when that is no success.</summary>
    public async Task RunAsync(Browser browser, Func<Controller, Task> step, string action = "change")
    {
        using var response = await SendAsync(browser, step, action);
        Assert.True((int)response.StatusCode < 400, await response.BodyAsync());
    }

    public Task RunAsync(Browser browser, Action<ITempDataDictionary> step, string action = "change") => RunAsync(
        browser,
        controller =>
        {
            step(controller.TempData);
            return Task.CompletedTask;
        },
        action);

    /// <summary>Runs a step whose request fails, and returns what the exception page says.</summary>
    public async Task<string> FailAsync(Browser browser, Action<ITempDataDictionary> step, string action = "change")
    {
        using var response = await SendAsync(
            browser,
            controller =>
            {
                step(controller.TempData);
                return Task.CompletedTask;
            },
            action);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        return await response.BodyAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(Browser browser, Func<Controller, Task> step, string action)
    {
        var id = Guid.NewGuid().ToString("N");
        _steps[id] = step;
        return await browser.PostAsync($"/temp-data/{action}/{id}");
    }

    /// <summary>Starts a step that does its first part, stands still until the gate opens, and does the rest.</summary>
    public async Task<Task> HoldAsync(Browser browser, Gate gate, Action<ITempDataDictionary> first, Action<ITempDataDictionary>? rest = null)
    {
        var request = RunAsync(browser, async controller =>
        {
            first(controller.TempData);
            await gate.PassAsync();
            rest?.Invoke(controller.TempData);
        });
        await gate.Reached;
        return request;
    }

    /// <summary>What TempData holds, without taking it.</summary>
    public async Task<Dictionary<string, object?>> PeekAsync(Browser browser)
    {
        var found = new Dictionary<string, object?>(StringComparer.Ordinal);
        await RunAsync(browser, tempData =>
        {
            foreach (var key in tempData.Keys)
            {
                found[key] = tempData.Peek(key);
            }
        });
        return found;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
