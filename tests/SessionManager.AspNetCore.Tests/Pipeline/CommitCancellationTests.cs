using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Cancellation by the caller and a store that does not answer are told apart; and a client that leaves cancels nothing.</summary>
public sealed class CommitCancellationTests
{
    [Fact]
    public async Task A_commit_that_its_caller_has_cancelled_says_so_and_stays_pending()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, () => new CancellationToken(canceled: true));
        var browser = await FaultEndpoints.SignedInAsync(app);
        var sets = cache.Sets;

        Assert.Equal("cancelled", await browser.ReadAsync("/commit"));

        Assert.Equal(sets + 1, cache.Sets);
        Assert.Equal("alice:pending", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_on_its_way_says_so_at_once()
    {
        var cache = new FaultCache();
        using var source = new CancellationTokenSource();
        await using var app = await StartAsync(cache, () => source.Token);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var gate = cache.Hold(CacheOperation.Set);

        var responding = browser.ReadAsync("/commit");
        await gate.Reached;
        await source.CancelAsync();

        Assert.Equal("cancelled", await responding);
        Assert.Equal("alice:pending", await browser.ReadAsync("/state"));
        gate.Open();
    }

    [Fact]
    public async Task An_unfinished_write_is_still_waited_for_after_a_wait_for_it_was_cancelled()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, () => new CancellationToken(canceled: true));
        var browser = await FaultEndpoints.SignedInAsync(app);
        var gate = cache.Hold(CacheOperation.Set);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await FaultEndpoints.StatusAsync(browser, "/store?value=unfinished"));

        // The first wait is the explicit commit's, which is cancelled; the second is that of the save at the end of the request.
        Assert.Equal("cancelled", await browser.ReadAsync("/commit"));

        Assert.Equal(1, app.Logs.CountOf(33));
        gate.Open();
    }

    [Theory]
    [InlineData(nameof(CacheFault.Hang))]
    [InlineData(nameof(CacheFault.HangUntilCancelled))]
    public async Task A_commit_that_the_store_does_not_answer_is_a_fault_of_the_store(string fault)
    {
        var cache = new FaultCache();
        using var source = new CancellationTokenSource();
        await using var app = await StartAsync(cache, () => source.Token);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Plan(CacheOperation.Set, Enum.Parse<CacheFault>(fault));

        Assert.Equal("store failed", await browser.ReadAsync("/commit"));

        Assert.Equal("alice:pending", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_load_on_demand_tells_them_apart_too(bool cancelled)
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapPost("/store", async (ISessionManager session) =>
                {
                    await session.LoadAsync();
                    session.StoreValue("value", "before");
                });
                app.MapGet("/load", (ISessionManager session) => DescribeAsync(() => session.LoadAsync(new CancellationToken(cancelled))));
            },
            new AppOptions
            {
                Cache = cache,
                Session = options => (options.IOTimeout, options.LoadMode) = (TimeSpan.FromMilliseconds(200), LoadMode.OnDemand),
            });
        var browser = app.NewBrowser();
        await FaultEndpoints.StatusAsync(browser, "/store");
        cache.Plan(CacheOperation.Get, CacheFault.Hang);

        Assert.Equal(cancelled ? "cancelled" : "store failed", await browser.ReadAsync("/load"));
    }

    [Theory]
    [InlineData("/store?value=kept")]
    [InlineData("/explicit")]
    public async Task The_write_of_a_client_that_leaves_while_it_is_on_its_way_is_kept(string path)
    {
        var cache = new FaultCache { HonoursCancellation = true };
        var (aborted, finished) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await App.StartAsync(
            app =>
            {
                FaultEndpoints.Map(app);
                app.MapPost("/explicit", async (ISessionManager session) =>
                {
                    session.StoreValue("value", "kept");
                    await session.CommitAsync();
                });
            },
            new AppOptions
            {
                Cache = cache,
                Kestrel = true,
                Before = app => app.Use(async (HttpContext context, RequestDelegate next) =>
                {
                    var leaves = context.Request.Headers.ContainsKey("X-Leaves");
                    using var registration = leaves ? context.RequestAborted.Register(aborted.SetResult) : default;
                    await next(context);
                    if (leaves)
                    {
                        finished.SetResult();
                    }
                }),
            });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var gate = cache.Hold(CacheOperation.Set);
        using var leaving = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "X-Leaves", "yes" } } };

        var responding = browser.SendAsync(request, leaving.Token);
        await gate.Reached;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => responding);
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        gate.Open();
        await finished.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal("alice:kept", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task What_a_handler_stores_after_its_client_has_left_is_kept()
    {
        var (gate, finished) = (new Gate(), new TaskCompletionSource());
        await using var app = await App.StartAsync(
            app =>
            {
                FaultEndpoints.Map(app);
                app.MapPost("/slow", async (ISessionManager session, HttpContext context) =>
                {
                    var aborted = new TaskCompletionSource();
                    await using var registration = context.RequestAborted.Register(aborted.SetResult);
                    await gate.PassAsync();
                    await aborted.Task.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
                    session.StoreValue("value", "kept");
                });
            },
            new AppOptions
            {
                Cache = new FaultCache(),
                Kestrel = true,
                Before = app => app.Use(async (HttpContext context, RequestDelegate next) =>
                {
                    await next(context);
                    _ = context.Request.Path == "/slow" && finished.TrySetResult();
                }),
            });
        var browser = await FaultEndpoints.SignedInAsync(app);
        using var leaving = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/slow");

        var responding = browser.SendAsync(request, leaving.Token);
        await gate.Reached;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => responding);
        gate.Open();
        await finished.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal("alice:kept", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_on_its_way_when_the_server_shuts_down_is_kept(bool patiently)
    {
        var cache = new FaultCache { HonoursCancellation = true };
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var app = await App.StartAsync(FaultEndpoints.Map, new AppOptions
        {
            Cache = cache,
            Kestrel = true,
            Before = app => app.Use(async (HttpContext context, RequestDelegate next) =>
            {
                await using var registration = context.RequestAborted.Register(() => aborted.TrySetResult());
                await next(context);
            }),
        });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var gate = cache.Hold(CacheOperation.Set);
        var responding = FaultEndpoints.StatusAsync(browser, "/store?value=kept");
        await gate.Reached;

        // Without patience the connection is aborted with the request in it.
        var stopping = app.Services.GetRequiredService<IHost>().StopAsync(new CancellationToken(canceled: !patiently));
        if (!patiently)
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => responding);
            await aborted.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        gate.Open();
        if (patiently)
        {
            Assert.Equal(HttpStatusCode.OK, await responding);
        }

        await stopping.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await app.DisposeAsync();

        await using var next = await App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = cache });
        var returning = next.NewBrowser();
        returning.Token = browser.Token;
        Assert.Equal("alice:kept", await returning.ReadAsync("/state"));
    }

    private static Task<App> StartAsync(FaultCache cache, Func<CancellationToken> token) => App.StartAsync(
        app =>
        {
            FaultEndpoints.Map(app);
            app.MapGet("/commit", (ISessionManager session) =>
            {
                session.StoreValue("value", "pending");
                return DescribeAsync(() => session.CommitAsync(token()));
            });
        },
        new AppOptions { Cache = cache, Session = options => options.IOTimeout = TimeSpan.FromMilliseconds(200) });

    private static async Task<string> DescribeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return "succeeded";
        }
        catch (OperationCanceledException)
        {
            return "cancelled";
        }
        catch (SessionStoreException)
        {
            return "store failed";
        }
    }
}
