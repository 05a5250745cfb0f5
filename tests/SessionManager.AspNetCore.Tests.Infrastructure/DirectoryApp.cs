using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>An application for tests of the directory, with helpers that begin sessions and go through pages.</summary>
internal sealed class DirectoryApp : IAsyncDisposable
{
    private readonly App _app;

    private DirectoryApp(App app, FaultStore? store) => (_app, Store) = (app, store!);

    public ISessionDirectory Directory => _app.Services.GetRequiredService<ISessionDirectory>();

    public FakeTimeProvider Clock => _app.Clock;

    public FaultStore Store { get; }

    public static async Task<DirectoryApp> StartAsync(AppOptions? options = null)
    {
        FaultStore? store = null;
        options ??= new AppOptions
        {
            Services = services => FaultStore.AddTo(services, made => store = made),
        };
        var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapPost("/act/{user}", (ISessionManager session, string user) => session.ImpersonateAsync(user));
            },
            options);
        return new DirectoryApp(app, store);
    }

    /// <summary>Begins sessions one after the other, a second apart or at the same moment.</summary>
    public async Task<List<Browser>> BeginAsync(int count, string? user, TimeSpan? apart = null)
    {
        var browsers = new List<Browser>();
        for (var i = 0; i < count; i++)
        {
            Clock.Advance(apart ?? TimeSpan.FromSeconds(1));
            var browser = _app.NewBrowser();
            await browser.DoAsync(user is null ? "/values/a/1" : $"/sign-in/{user}");
            browsers.Add(browser);
        }

        return browsers;
    }

    /// <summary>The ids of all pages, by going from one to the next.</summary>
    public static async Task<List<string[]>> ReadAllAsync(Func<string?, Task<SessionPage>> read)
    {
        var pages = new List<string[]>();
        string? continuation = null;
        do
        {
            var page = await read(continuation);
            pages.Add(IdsOf(page));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return pages;
    }

    public static string[] IdsOf(SessionPage page) => [.. page.Sessions.Select(session => session.SessionId)];

    public static Task<string[]> IdsOfAsync(IEnumerable<Browser> browsers) =>
        Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/id")));

    public async Task<string[]> ListAsync()
    {
        var ids = new List<string>();
        await foreach (var session in Directory.ListAsync())
        {
            ids.Add(session.SessionId);
        }

        return [.. ids];
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
