using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>An end that nobody comes back for is told all the same, where the store knows its sessions.</summary>
public sealed class ExpirySweepTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<string> _told = new();
    private readonly Gate _gate = new();
    private FaultStore? _store;

    [Fact]
    public async Task Of_ten_sessions_each_end_is_told_once_without_a_request_and_with_services_of_its_own()
    {
        var scoped = new ConcurrentBag<object>();
        await using var app = await StartAsync(ended: context =>
        {
            scoped.Add(context.Services.GetRequiredService<Scoped>());
            _told.Enqueue($"{context.Session.UserId ?? "nobody"} {context.Reason} {context.HttpContext is null}");
            return Task.CompletedTask;
        });
        for (var i = 0; i < 10; i++)
        {
            await app.NewBrowser().DoAsync(i % 2 == 0 ? "/values/a/1" : "/sign-in/alice");
        }

        app.Clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Empty(_told);
        app.Clock.Advance(Minute);
        await UntilAsync(() => _told.Count == 10);
        app.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(10, _told.Count);
        Assert.Equal(5, _told.Count(told => told == "nobody Expired True"));
        Assert.Equal(5, _told.Count(told => told == "alice Expired True"));
        Assert.Equal(10, scoped.Distinct().Count());
        Assert.All(scoped, each => Assert.True(((Scoped)each).IsDisposed));
        Assert.Equal(10, app.Logs.Entries.Count(entry => entry.EventId == 25));
        Assert.Empty(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice"));
    }

    [Fact]
    public async Task The_browser_that_comes_back_later_is_told_that_its_session_has_expired()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        app.Clock.Advance(TimeSpan.FromMinutes(22));
        await UntilAsync(() => !_told.IsEmpty);

        Assert.Equal("Expired", await browser.ReadAsync("/end"));
        Assert.Equal(["Expired"], _told);
    }

    [Fact]
    public async Task A_session_that_is_used_lives_on()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        for (var i = 0; i < 6; i++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(15));
            Assert.Equal("alice", await browser.ReadAsync("/me"));
        }

        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_session_whose_request_outlasts_the_idle_timeout_is_not_ended_under_it()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var running = browser.PostAsync("/held");
        await _gate.Reached;

        app.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Empty(_told);
        _gate.Open();

        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        app.Clock.Advance(TimeSpan.FromMinutes(22));
        await UntilAsync(() => !_told.IsEmpty);
        Assert.Equal(["Expired"], _told);
    }

    [Fact]
    public async Task A_session_that_is_used_between_the_search_and_its_end_lives_on()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var id = Guid.Parse(await browser.ReadAsync("/id"));
        var end = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);
        app.Clock.Advance(TimeSpan.FromMinutes(22));
        await end.Reached;

        // As a request on another node does when it ends.
        var sessions = app.Services.GetRequiredService<SessionRepository>();
        var record = (await sessions.LoadAsync(id, CancellationToken.None)).Record!;
        Assert.True(await sessions.TouchAsync(record, record.SecretHash, app.Clock.GetUtcNow(), CancellationToken.None));
        end.Open();

        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_handler_that_hangs_holds_the_others_up_for_a_while_and_one_that_throws_does_not()
    {
        var calls = 0;
        var hanging = new TaskCompletionSource();
        await using var app = await StartAsync(ended: _ => Interlocked.Increment(ref calls) switch
        {
            1 => hanging.Task,
            2 => throw new InvalidOperationException("The handler's own."),
            _ => Task.CompletedTask,
        });
        for (var i = 0; i < 3; i++)
        {
            await app.NewBrowser().DoAsync("/values/a/1");
        }

        app.Clock.Advance(TimeSpan.FromMinutes(22));
        await UntilAsync(() => Volatile.Read(ref calls) == 1);
        app.Clock.Advance(TimeSpan.FromSeconds(31));
        await UntilAsync(() => Volatile.Read(ref calls) == 3);

        await UntilAsync(() => app.Logs.Entries.Any(entry => entry.EventId == 51) && app.Logs.Entries.Any(entry => entry.EventId == 29));
        hanging.SetResult();
    }

    [Fact]
    public async Task A_handler_that_hangs_does_not_hold_up_the_end_of_the_application()
    {
        var hanging = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        await using var app = await StartAsync(ended: _ =>
        {
            reached.TrySetResult();
            return hanging.Task;
        });
        await app.NewBrowser().DoAsync("/values/a/1");
        app.Clock.Advance(TimeSpan.FromMinutes(22));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var sweep = app.Services.GetServices<IHostedService>().Single(service => service is ExpirySweep);
        await sweep.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        hanging.SetResult();
    }

    [Fact]
    public async Task A_store_that_fails_is_logged_and_the_next_search_goes_on()
    {
        await using var app = await StartAsync();
        await app.NewBrowser().DoAsync("/values/a/1");
        app.Clock.Advance(TimeSpan.FromMinutes(19));
        _store!.Plan(StoreOperation.Load, StoreFaultKind.Fail);

        app.Clock.Advance(3 * Minute);
        await UntilAsync(() => app.Logs.Entries.Any(entry => entry.EventId == 50));
        app.Clock.Advance(3 * Minute);

        await UntilAsync(() => !_told.IsEmpty);
        Assert.Equal(["Expired"], _told);
    }

    [Fact]
    public async Task Without_a_handler_nothing_is_looked_for()
    {
        await using var app = await StartAsync(handles: false);
        await app.NewBrowser().DoAsync("/values/a/1");
        var loads = _store!.CallsOf(StoreOperation.Load);

        app.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal((loads, 0), (_store.CallsOf(StoreOperation.Load), _store.CallsOf(StoreOperation.End)));
    }

    [Fact]
    public async Task On_a_plain_cache_it_is_told_once_though_two_nodes_know_the_session_and_later_than_in_memory()
    {
        var cache = new FaultCache();
        await using var a = await StartAsync(cache: cache);
        await using var b = await StartAsync(cache: cache);
        var browser = a.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var onB = b.NewBrowser();
        onB.Token = browser.Token;
        Assert.Equal("alice", await onB.ReadAsync("/me"));

        a.Clock.Advance(TimeSpan.FromMinutes(25));
        Assert.Empty(_told);
        a.Clock.Advance(TimeSpan.FromMinutes(7));
        await UntilAsync(() => !_told.IsEmpty);
        b.Clock.Advance(TimeSpan.FromMinutes(32));
        b.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(["Expired"], _told);
    }

    [Fact]
    public async Task Nothing_is_looked_for_once_the_application_has_stopped()
    {
        var app = await StartAsync();
        await app.NewBrowser().DoAsync("/values/a/1");
        var (clock, store) = (app.Clock, _store!);
        await app.DisposeAsync();

        clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(0, store.CallsOf(StoreOperation.End));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_store_that_can_not_know_says_so_at_the_start_where_the_event_is_handled()
    {
        await using var told = await StartAsync(wrap: store => new PassingStore(store));
        await using var silent = await StartAsync(handles: false, wrap: store => new PassingStore(store));

        Assert.Single(told.Logs.Entries, entry => entry.EventId == 49);
        Assert.DoesNotContain(silent.Logs.Entries, entry => entry.EventId == 49);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var deadline = Environment.TickCount64 + 30_000; !condition();)
        {
            Assert.True(Environment.TickCount64 < deadline, "It did not happen in time.");
            await Task.Yield();
        }
    }

    private Task<App> StartAsync(
        Func<SessionEndedContext, Task>? ended = null, bool handles = true, FaultCache? cache = null, Func<FaultStore, ISessionRecordStore>? wrap = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/held", async (ISessionManager session) =>
            {
                session.GetUserId();
                await _gate.PassAsync();
                session.StoreValue("held", "written");
            });
        },
        new AppOptions
        {
            Cache = cache,
            Session = options =>
            {
                if (handles)
                {
                    options.Events.OnEnded = ended ?? (context =>
                    {
                        _told.Enqueue($"{context.Reason}");
                        return Task.CompletedTask;
                    });
                }
            },
            Services = services =>
            {
                services.AddScoped<Scoped>();
                services.AddSingleton<ISessionRecordStore>(provider =>
                {
                    _store = new FaultStore(ActivatorUtilities.CreateInstance<CacheSessionStore>(provider));
                    return wrap?.Invoke(_store) ?? _store;
                });
                services.AddSingleton<ILocalSessions>(provider =>
                {
                    provider.GetRequiredService<ISessionRecordStore>();
                    return _store!;
                });
            },
        });

    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
