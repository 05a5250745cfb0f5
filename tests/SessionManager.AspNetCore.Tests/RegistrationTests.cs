using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>What <c>AddSessionManager</c> and <c>UseSessionManager</c> set up, what they leave to the application, and what they say at the start.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task Adding_twice_applies_both_configurations_and_sets_up_once()
    {
        await using var app = await App.StartAsync(
            app => app.MapSession(),
            new AppOptions
            {
                Session = options => options.MaxKeys = 5,
                Services = services => services.AddSessionManager(options => options.MaxKeyBytes = 6),
            });

        var options = app.Services.GetRequiredService<IOptions<SessionManagerOptions>>().Value;
        Assert.Equal((5, 6), (options.MaxKeys, options.MaxKeyBytes));
        Assert.Single(app.Services.GetServices<ISessionRecordStore>());
        Assert.Equal(1, app.Logs.CountOf(1));
        await app.NewBrowser().DoAsync("/values/a/b");
    }

    [Fact]
    public async Task Using_without_adding_says_what_to_call()
    {
        await using var app = WebApplication.CreateBuilder().Build();

        var exception = Assert.Throws<InvalidOperationException>(() => app.UseSessionManager());

        Assert.Contains("AddSessionManager", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_manager_without_the_middleware_says_what_to_call()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSessionManager();
        await using var app = builder.Build();
        app.MapGet("/", (ISessionManager session) => Assert.Throws<InvalidOperationException>(() => session.GetUserId()).Message);
        await app.StartAsync(TestContext.Current.CancellationToken);

        using var client = app.GetTestClient();
        Assert.Contains("UseSessionManager", await client.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_manager_outside_a_request_says_that_there_is_none()
    {
        await using var app = await App.StartAsync(_ => { });
        using var scope = app.Services.CreateScope();
        var session = scope.ServiceProvider.GetRequiredService<ISessionManager>();

        var exception = Assert.Throws<InvalidOperationException>(() => session.StoreValue("fruit", "apple"));

        Assert.Contains("there is no request", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_application_registered_first_wins()
    {
        var (store, clock, cache) = (new OtherStore(), new FakeTimeProvider(), new FaultCache());
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton<ISessionRecordStore>(store).AddSingleton<TimeProvider>(clock).AddSingleton<IDistributedCache>(cache);

        services.AddSessionManager();

        using var provider = services.BuildServiceProvider();
        Assert.Same(store, provider.GetRequiredService<ISessionRecordStore>());
        Assert.Equal("other", provider.GetRequiredService<ObservedStore>().Name);
        Assert.Same(clock, provider.GetRequiredService<TimeProvider>());
        Assert.Same(cache, Assert.Single(provider.GetServices<IDistributedCache>()));
    }

    [Fact]
    public void Without_a_cache_of_the_application_there_is_the_unlimited_memory_one_and_the_systems_clock()
    {
        var services = new ServiceCollection().AddLogging();
        Assert.Same(services, services.AddSessionManager().Services);

        using var provider = services.BuildServiceProvider();
        Assert.IsType<MemoryDistributedCache>(provider.GetRequiredService<IDistributedCache>());
        Assert.Null(provider.GetRequiredService<IOptions<MemoryDistributedCacheOptions>>().Value.SizeLimit);
        Assert.Same(TimeProvider.System, provider.GetRequiredService<TimeProvider>());
    }

    [Fact]
    public async Task The_start_tells_both_timeouts_once_and_has_nothing_against_the_default_memory_cache()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Session = options => options.IdleTimeout = TimeSpan.FromMinutes(7) });

        var started = Assert.Single(app.Logs.Ours, entry => entry.EventId == 1);
        Assert.Contains("'memory'", started.Message, StringComparison.Ordinal);
        Assert.Contains("00:07:00", started.Message, StringComparison.Ordinal);
        Assert.Contains("1.00:00:00", started.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (app.Logs.CountOf(2), app.Logs.CountOf(3)));
    }

    [Fact]
    public async Task The_start_warns_of_a_plain_cache_by_name_and_of_what_it_can_not_promise()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Cache = new FaultCache() });

        var warning = Assert.Single(app.Logs.Ours, entry => entry.EventId == 2);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains(nameof(FaultCache), warning.Message, StringComparison.Ordinal);
        Assert.All(
            (string[])["compare-and-set", "Listing", "finding", nameof(SessionManagerOptions.MaxSessionsPerUser), "Revoking"],
            limit => Assert.Contains(limit, warning.Message, StringComparison.Ordinal));
        Assert.Equal(0, app.Logs.CountOf(3));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(1_000L, 1)]
    public async Task The_start_warns_of_a_memory_cache_the_application_limited(long? limit, int warnings)
    {
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { SizeLimit = limit }));
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions
        {
            Cache = cache,
            Services = services => services.Configure<MemoryDistributedCacheOptions>(options => options.SizeLimit = limit),
        });

        Assert.Equal((0, warnings), (app.Logs.CountOf(2), app.Logs.CountOf(3)));
    }

    [Fact]
    public async Task The_start_has_nothing_against_a_store_of_the_applications_own()
    {
        await using var app = await App.StartAsync(
            app => app.MapSession(),
            new AppOptions { Cache = new FaultCache(), Services = services => services.AddSingleton<ISessionRecordStore, OtherStore>() });

        Assert.Equal((1, 0, 0), (app.Logs.CountOf(1), app.Logs.CountOf(2), app.Logs.CountOf(3)));
        Assert.Contains("'other'", Assert.Single(app.Logs.Ours, entry => entry.EventId == 1).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Production", true, 1)]
    [InlineData("Production", false, 0)]
    [InlineData("Development", true, 0)]
    [InlineData("Staging", true, 0)]
    public async Task The_start_warns_in_production_of_sessions_in_memory(string environment, bool memory, int warnings)
    {
        await using var app = await App.StartAsync(
            app => app.MapSession(), new AppOptions { Environment = environment, Cache = memory ? null : new FaultCache() });

        var told = app.Logs.Ours.Where(entry => entry.EventId == 5).ToList();
        Assert.Equal(warnings, told.Count);
        Assert.All(told, entry =>
        {
            Assert.Equal(LogLevel.Warning, entry.Level);
            Assert.Contains("'memory'", entry.Message, StringComparison.Ordinal);
            Assert.Contains("restart", entry.Message, StringComparison.Ordinal);
            Assert.Contains("no other node", entry.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task That_warning_names_the_setting_that_turns_it_off_alone()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Environment = "Production" });
        var warning = Assert.Single(app.Logs.Ours, entry => entry.EventId == 5);
        Assert.Contains($"Logging:LogLevel:{warning.Category} to Error", warning.Message, StringComparison.Ordinal);

        await using var silenced = await App.StartAsync(app => app.MapSession(), new AppOptions
        {
            Environment = "Production",
            Services = services => services.AddLogging(logging => logging.AddFilter(warning.Category, LogLevel.Error)),
        });
        Assert.Equal((1, 0), (silenced.Logs.CountOf(1), silenced.Logs.CountOf(5)));
    }

    [Fact]
    public async Task A_host_without_an_environment_starts_without_that_warning()
    {
        var logs = new LogSink();
        var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(logs));
        services.AddSessionManager();
        await using var provider = services.BuildServiceProvider();

        foreach (var service in provider.GetServices<IHostedService>())
        {
            await service.StartAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal((1, 0), (logs.CountOf(1), logs.CountOf(5)));
    }
}
