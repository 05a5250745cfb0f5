using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>The health check: a real round trip, bounded, and an answer without secrets.</summary>
public sealed class HealthCheckTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(250);

    private readonly FaultCache _cache = new();

    [Fact]
    public async Task A_store_that_answers_is_healthy_and_named_with_the_time_it_took()
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager());

        var (name, entry) = Assert.Single((await CheckAsync(app)).Entries);

        Assert.Equal("session_manager", name);
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal("FaultCache", entry.Data["store"]);
        Assert.InRange(Assert.IsType<TimeSpan>(entry.Data["duration"]), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task It_writes_reads_and_removes_and_leaves_nothing_behind()
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager());

        await CheckAsync(app);

        Assert.Equal((1, 1), (_cache.Sets, _cache.Gets));
        Assert.Empty(_cache.Entries);
    }

    [Theory]
    [InlineData("Get")]
    [InlineData("Set")]
    [InlineData("Remove")]
    public async Task A_store_that_fails_to_write_to_read_or_to_remove_is_unhealthy(string operation)
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager());
        _cache.Plan(Enum.Parse<CacheOperation>(operation), CacheFault.Fail);

        var entry = Assert.Single((await CheckAsync(app)).Entries).Value;

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("The session store 'FaultCache' failed: IOException", entry.Description, StringComparison.Ordinal);
        Assert.DoesNotMatch("[0-9a-f]{32}", entry.Description);
        Assert.Equal("FaultCache", entry.Data["store"]);
        Assert.Null(entry.Exception);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task A_store_that_keeps_nothing_is_unhealthy()
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager());
        _cache.Plan(CacheOperation.Get, CacheFault.Evict);

        var entry = Assert.Single((await CheckAsync(app)).Entries).Value;

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("gave back something else than was written", entry.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Set", "Hang")]
    [InlineData("Get", "Hang")]
    [InlineData("Remove", "HangUntilCancelled")]
    public async Task A_store_that_hangs_is_unhealthy_within_one_timeout(string operation, string fault)
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager());
        _cache.Plan(Enum.Parse<CacheOperation>(operation), Enum.Parse<CacheFault>(fault));
        var clock = Stopwatch.StartNew();

        var entry = Assert.Single((await CheckAsync(app)).Entries).Value;

        Assert.InRange(clock.Elapsed, Timeout / 2, Timeout * 8);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("did not answer within 0.25 s", entry.Description, StringComparison.Ordinal);
        Assert.InRange(Assert.IsType<TimeSpan>(entry.Data["duration"]), Timeout / 2, Timeout * 8);
    }

    [Theory]
    [InlineData(HealthStatus.Healthy)]
    [InlineData(HealthStatus.Degraded, "It evicts.")]
    [InlineData(HealthStatus.Degraded, "It evicts.", "It forgets.")]
    public async Task A_store_that_answers_and_cannot_keep_its_promises_is_degraded_and_says_why(HealthStatus status, params string[] conditions)
    {
        await using var app = await StartWithConditionsAsync(new ConditionStore(() => new(conditions)));

        var entry = Assert.Single((await CheckAsync(app)).Entries).Value;

        Assert.Equal(status, entry.Status);
        Assert.Equal($"The session store answered. {string.Join(' ', conditions)}".Trim(), entry.Description);
        Assert.Equal(conditions, entry.Data.GetValueOrDefault("conditions") ?? Array.Empty<string>());
    }

    [Fact]
    public async Task A_store_that_fails_to_tell_its_conditions_or_hangs_is_unhealthy()
    {
        var never = new TaskCompletionSource<IReadOnlyList<string>>();
        foreach (var store in (ConditionStore[])[new(() => throw new SessionStoreException("It is away.")), new(() => new(never.Task))])
        {
            await using var app = await StartWithConditionsAsync(store);
            Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(app)).Status);
        }
    }

    [Fact]
    public async Task The_conditions_of_a_store_that_was_replaced_do_not_count()
    {
        await using var app = await App.StartAsync(static _ => { }, new AppOptions
        {
            Services = services =>
            {
                services.AddHealthChecks().AddSessionManager();
                services.AddSingleton(new ConditionStore(static () => new((IReadOnlyList<string>)["It evicts."])));
                services.AddSessionManager().AddSessionStore<ConditionStore>().AddSessionStore<OtherStore>();
            },
        });
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(app)).Status);
    }

    [Fact]
    public async Task Name_failure_status_and_tags_are_the_applications()
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager("sessions", HealthStatus.Degraded, ["ready"]));
        _cache.Plan(CacheOperation.Set, CacheFault.Fail);

        var (name, entry) = Assert.Single((await CheckAsync(app)).Entries);

        Assert.Equal(("sessions", HealthStatus.Degraded), (name, entry.Status));
        Assert.Equal(["ready"], entry.Tags);
    }

    [Fact]
    public async Task It_is_answered_through_http_and_begins_no_session()
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager());
        var browser = app.NewBrowser();

        Assert.Equal("Healthy", await browser.ReadAsync("/health"));
        Assert.Null(browser.Token);

        _cache.Plan(CacheOperation.Set, CacheFault.Fail);
        using var response = await browser.GetAsync("/health");
        Assert.Equal(503, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_caller_that_gives_up_cancels_it()
    {
        await using var app = await StartAsync(checks => checks.AddSessionManager(), TimeSpan.FromSeconds(30));
        _cache.Plan(CacheOperation.Set, CacheFault.HangUntilCancelled);
        using var caller = new CancellationTokenSource();

        var checking = app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(caller.Token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    private static Task<HealthReport> CheckAsync(App app) =>
        app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

    private static Task<App> StartWithConditionsAsync(ConditionStore store) => App.StartAsync(static _ => { }, new AppOptions
    {
        Session = static options => options.IOTimeout = Timeout,
        Services = services =>
        {
            services.AddHealthChecks().AddSessionManager();
            services.AddSingleton(store);
            services.AddSessionManager().AddSessionStore<ConditionStore>();
        },
    });

    private Task<App> StartAsync(Action<IHealthChecksBuilder> configure, TimeSpan? timeout = null) => App.StartAsync(
        app => Microsoft.AspNetCore.Builder.HealthCheckEndpointRouteBuilderExtensions.MapHealthChecks(app, "/health"),
        new AppOptions
        {
            Cache = _cache,
            Session = options => options.IOTimeout = timeout ?? Timeout,
            Services = services => configure(services.AddHealthChecks()),
        });
}
