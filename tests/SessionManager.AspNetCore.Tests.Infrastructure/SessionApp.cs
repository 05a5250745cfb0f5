using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>An application whose requests do what the test says, one step a request, and hand back what came of it.</summary>
internal sealed class SessionApp : IAsyncDisposable
{
    private readonly App _app;
    private readonly ConcurrentDictionary<string, Func<ISessionManager, ISession, Task>> _steps;

    private SessionApp(App app, ConcurrentDictionary<string, Func<ISessionManager, ISession, Task>> steps) => (_app, _steps) = (app, steps);

    public static async Task<SessionApp> StartAsync(Action<SessionManagerOptions>? session = null)
    {
        var steps = new ConcurrentDictionary<string, Func<ISessionManager, ISession, Task>>(StringComparer.Ordinal);
        var app = await App.StartAsync(
            app => app.MapPost("/steps/{id}", (string id, ISessionManager manager, HttpContext context) => steps[id](manager, context.Session)),
            new AppOptions { Session = session });
        return new SessionApp(app, steps);
    }

    public LogSink Logs => _app.Logs;

    public Browser NewBrowser() => _app.NewBrowser();

    /// <summary>Runs a step in a request of its own and returns its result once the response is there.</summary>
    public async Task<T> RunAsync<T>(Browser browser, Func<ISessionManager, ISession, Task<T>> step)
    {
        var result = new TaskCompletionSource<T>();
        var id = Guid.NewGuid().ToString("N");
        _steps[id] = async (manager, session) =>
        {
            try
            {
                result.SetResult(await step(manager, session));
            }
            catch (Exception exception)
            {
                result.SetException(exception);
                throw;
            }
        };

        using var response = await browser.PostAsync($"/steps/{id}");
        Assert.True(result.Task.IsCompleted, $"The step did not run: {response.StatusCode}.");
        var value = await result.Task;
        response.EnsureSuccessStatusCode();
        return value;
    }

    public Task<T> RunAsync<T>(Browser browser, Func<ISessionManager, ISession, T> step) =>
        RunAsync(browser, (manager, session) => Task.FromResult(step(manager, session)));

    public Task<T> RunAsync<T>(Browser browser, Func<ISessionManager, T> step) => RunAsync(browser, (manager, _) => step(manager));

    public Task RunAsync(Browser browser, Action<ISessionManager, ISession> step) =>
        RunAsync(browser, (manager, session) =>
        {
            step(manager, session);
            return true;
        });

    public Task RunAsync(Browser browser, Action<ISessionManager> step) => RunAsync(browser, (manager, _) => step(manager));

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
