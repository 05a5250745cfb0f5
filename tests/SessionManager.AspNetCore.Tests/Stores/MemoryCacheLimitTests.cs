using System.Net;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The framework's memory cache drops what exceeds its limit. What was acknowledged is there, and what was not kept is a 503.</summary>
public sealed class MemoryCacheLimitTests
{
    private const long Limit = 20_000;

    public static MatrixTheoryData<string, bool> Orders { get; } = new(["AddDistributedMemoryCache", "AddControllersWithViews", "AddRazorPages", "none"], [true, false]);

    [Theory]
    [MemberData(nameof(Orders))]
    public void The_default_limit_is_none_whatever_is_registered_first(string registration, bool first)
    {
        using var provider = Build(registration, first, _ => { });

        Assert.Null(OptionsOf(provider).SizeLimit);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_limit_of_the_applications_stays_and_nothing_is_evicted_for_what_is_new(string registration, bool first)
    {
        using var provider = Build(registration, first, services => services.Configure<MemoryDistributedCacheOptions>(options => options.SizeLimit = Limit));

        Assert.Equal((Limit, 0), (OptionsOf(provider).SizeLimit, OptionsOf(provider).CompactionPercentage));
    }

    [Theory]
    [InlineData("cache")]
    [InlineData("store")]
    [InlineData("store instance")]
    [InlineData("named options")]
    public void A_memory_cache_that_holds_no_sessions_is_left_as_it_is(string other)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddDistributedMemoryCache().AddSessionManager();
        _ = other switch
        {
            "cache" => services.AddSingleton<IDistributedCache, FaultCache>(),
            "store" => services.AddSingleton<ISessionRecordStore, OtherStore>(),
            "store instance" => services.AddSingleton<ISessionRecordStore>(new FaultStore(null!)),
            _ => services,
        };

        using var provider = services.BuildServiceProvider();
        var options = other == "named options"
            ? provider.GetRequiredService<IOptionsMonitor<MemoryDistributedCacheOptions>>().Get("other")
            : OptionsOf(provider);
        Assert.Equal(new MemoryDistributedCacheOptions().SizeLimit, options.SizeLimit);
    }

    [Theory]
    [InlineData("options")]
    [InlineData("instance")]
    [InlineData("factory")]
    [InlineData("derived")]
    public async Task Every_acknowledged_session_is_there_and_the_others_were_503(string cache)
    {
        await using var app = await StartAsync(cache);
        var kept = new List<Browser>();
        for (var i = 0; i < 30; i++)
        {
            var browser = app.NewBrowser();
            var status = await FaultEndpoints.StatusAsync(browser, $"/store?value={new string('x', 2000)}");
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
            Assert.Equal(status == HttpStatusCode.OK, browser.Token is not null);
            if (status == HttpStatusCode.OK)
            {
                kept.Add(browser);
            }
        }

        Assert.InRange(kept.Count, 5, 29);
        foreach (var browser in kept)
        {
            Assert.Equal($":{new string('x', 2000)}", await browser.ReadAsync("/state"));
        }
    }

    [Theory]
    [InlineData("options")]
    [InlineData("instance")]
    public async Task A_session_that_has_no_room_to_grow_stays_as_it_was(string cache)
    {
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var other = await FaultEndpoints.SignedInAsync(app);
        Fill(app);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await FaultEndpoints.StatusAsync(browser, $"/store?value={new string('x', 2000)}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await FaultEndpoints.StatusAsync(app.NewBrowser(), "/sign-in?user=bob"));

        Assert.Equal(("alice:before", "alice:before"), (await browser.ReadAsync("/state"), await other.ReadAsync("/state")));

        // What takes no more room is saved, and an end takes less.
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=beyond"));
        Assert.Equal("alice:beyond", await browser.ReadAsync("/state"));
        var thief = other.Clone();
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(other, "/destroy"));
        Assert.Equal(":", await thief.ReadAsync("/state"));
    }

    [Fact]
    public async Task A_revocation_that_was_not_kept_is_a_failure()
    {
        await using var app = await StartAsync("options");
        Fill(app);

        var exception = await Assert.ThrowsAsync<SessionStoreException>(
            () => app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice", cancellationToken: TestContext.Current.CancellationToken));

        Assert.Contains(nameof(MemoryDistributedCacheOptions.SizeLimit), exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("options", 1, 0)]
    [InlineData("instance", 0, 1)]
    [InlineData("factory", 0, 1)]
    [InlineData("derived", 0, 1)]
    [InlineData("default", 0, 0)]
    public async Task The_start_tells_of_a_limit_that_it_sees_or_can_not_see(string cache, int limited, int unknown)
    {
        await using var app = await StartAsync(cache);

        Assert.Equal((limited, unknown), (app.Logs.CountOf(3), app.Logs.CountOf(4)));
    }

    [Fact]
    public async Task Nothing_is_read_back_where_there_is_no_limit()
    {
        await using var app = await StartAsync("default");
        var limit = app.Services.GetRequiredService<AspNetCore.Stores.MemoryCacheLimit>();

        Assert.Equal((true, null, false), (limit.IsKnown, limit.Bytes, limit.MayDrop));
    }

    private static ServiceProvider Build(string registration, bool first, Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection().AddLogging();
        if (!first)
        {
            services.AddSessionManager();
        }

        _ = registration switch
        {
            "AddDistributedMemoryCache" => services.AddDistributedMemoryCache(),
            "AddControllersWithViews" => services.AddControllersWithViews().Services,
            "AddRazorPages" => services.AddRazorPages().Services,
            _ => services,
        };
        configure(services);
        if (first)
        {
            services.AddSessionManager();
        }

        return services.BuildServiceProvider();
    }

    private static MemoryDistributedCacheOptions OptionsOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<MemoryDistributedCacheOptions>>().Value;

    private static Task<App> StartAsync(string cache)
    {
        // What an application makes itself can't be kept from evicting.
        var own = Options.Create(new MemoryDistributedCacheOptions { SizeLimit = Limit, CompactionPercentage = 0 });
        return App.StartAsync(FaultEndpoints.Map, new AppOptions
        {
            Services = services => _ = cache switch
            {
                "options" => services.Configure<MemoryDistributedCacheOptions>(options => options.SizeLimit = Limit),
                "instance" => services.AddSingleton<IDistributedCache>(new MemoryDistributedCache(own)),
                "factory" => services.AddSingleton<IDistributedCache>(_ => new MemoryDistributedCache(own)),
                "derived" => services.AddSingleton<IDistributedCache>(new DerivedCache(own)),
                _ => services,
            },
        });
    }

    private static void Fill(App app)
    {
        var cache = app.Services.GetRequiredService<IDistributedCache>();
        for (var size = 4096; size > 0; size /= 2)
        {
            string key;
            do
            {
                key = Guid.NewGuid().ToString();
                cache.Set(key, new byte[size]);
            }
            while (cache.Get(key) is not null);
        }
    }

    private sealed class DerivedCache(IOptions<MemoryDistributedCacheOptions> options) : MemoryDistributedCache(options);
}
