using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>The rules of the options, each found when the application starts, all at once.</summary>
public sealed class RedisOptionsTests
{
    [Fact]
    public async Task Two_ways_to_connect_are_one_too_many()
    {
        Assert.Equal(
            ["Both Configuration and ConnectionMultiplexerFactory are set. Remove one."],
            await FaultsAsync(options =>
            {
                options.Configuration = "localhost:6379";
                options.ConnectionMultiplexerFactory = static () => throw new InvalidOperationException("Not to be called.");
            }));
    }

    [Fact]
    public async Task No_way_to_connect_is_a_fault_that_names_all_three()
    {
        var fault = Assert.Single(await FaultsAsync(static _ => { }));

        Assert.Contains("Configuration", fault, StringComparison.Ordinal);
        Assert.Contains("ConnectionMultiplexerFactory", fault, StringComparison.Ordinal);
        Assert.Contains("IConnectionMultiplexer", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("password=hunter2")]
    [InlineData("localhost:6379,password=hunter2,ssl=perhaps")]
    [InlineData("localhost:6379,nonsense=1,password=hunter2")]
    public async Task A_configuration_that_cannot_be_read_is_a_fault_that_does_not_quote_it(string configuration)
    {
        var fault = Assert.Single(await FaultsAsync(options => options.Configuration = configuration));

        Assert.StartsWith("Configuration can't be read.", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://localhost:6379")]
    [InlineData("http://localhost")]
    [InlineData(":6379")]
    [InlineData("a b:6379")]
    [InlineData("localhost:99999")]
    [InlineData("localhost:6379,user@host")]
    public async Task A_configuration_whose_host_can_be_none_is_a_fault(string configuration)
    {
        var fault = Assert.Single(await FaultsAsync(options => options.Configuration = configuration));
        Assert.StartsWith("Configuration can't be read.", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1:6379,10.0.0.1:6379")]
    [InlineData("[::1]:6379")]
    [InlineData("redis-master.cache_zone.svc.cluster.local:6379,serviceName=master")]
    [InlineData("localhost,defaultDatabase=3")]
    public async Task A_configuration_that_can_be_read_starts(string configuration)
    {
        await using var app = await StartAsync(options => (options.Configuration, options.Database) = (configuration, configuration.EndsWith('3') ? 3 : -1));
        Assert.Equal("redis", app.Services.GetRequiredService<ISessionRecordStore>().Name);
    }

    [Fact]
    public async Task A_prefix_that_would_be_stored_as_another_is_a_fault()
    {
        // Not of a theory: in an attribute they would be others already.
        foreach (var prefix in (string[])["app\ud800:", "\udc00", "\udc00\ud800", "\ufffd\ud800"])
        {
            Assert.Equal(
                ["KeyPrefix has half a surrogate pair. Set a prefix of whole characters."],
                await FaultsAsync(options => (options.Configuration, options.KeyPrefix) = ("localhost:6379", prefix)));
        }
    }

    [Fact]
    public async Task Two_prefixes_that_differ_are_a_fault_that_names_both()
    {
        Assert.Equal(
            ["KeyPrefix is 'shop:' in RedisStoreOptions and 'site:' in SessionManagerOptions. Remove one."],
            await FaultsAsync(static options => (options.Configuration, options.KeyPrefix) = ("localhost:6379", "shop:"), static session => session.KeyPrefix = "site:"));
    }

    [Fact]
    public async Task A_database_that_differs_from_the_configurations_is_a_fault()
    {
        Assert.Equal(
            ["Database is '2', and Configuration has defaultDatabase '3'. Remove one."],
            await FaultsAsync(static options => (options.Configuration, options.Database) = ("localhost:6379,defaultDatabase=3", 2)));
        Assert.Equal(
            ["Configuration has defaultDatabase '-5'. Set it to 0 or above, or leave it out."],
            await FaultsAsync(static options => options.Configuration = "localhost:6379,defaultDatabase=-5"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public async Task Copies_of_less_than_no_bytes_are_a_fault(long bytes)
    {
        Assert.Equal(
            [$"LocalCopies is '{bytes}'. Set it to 0 or above; 0 keeps no copies."],
            await FaultsAsync(options => (options.Configuration, options.LocalCopies) = ("localhost:6379", bytes)));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    public async Task A_database_below_minus_one_is_a_fault(int database)
    {
        Assert.Equal(
            [$"Database is '{database}'. Set it to -1 or above."],
            await FaultsAsync(options => (options.Configuration, options.Database) = ("localhost:6379", database)));
    }

    [Fact]
    public async Task All_faults_are_reported_together()
    {
        var faults = await FaultsAsync(static options => (options.KeyPrefix, options.Database) = ("\ud800", -2));
        Assert.Equal(3, faults.Count);
    }

    [Theory]
    [InlineData("", -1)]
    [InlineData("app:", 0)]
    [InlineData("größe😀{a}:", 15)]
    public async Task Good_options_start_without_connecting(string prefix, int database)
    {
        // Nothing listens there; nobody has asked for a session yet.
        await using var app = await App.StartAsync(static _ => { }, new AppOptions
        {
            Services = services => services.AddSessionManager().AddRedisStore(options =>
                (options.Configuration, options.KeyPrefix, options.Database) = ("127.0.0.1:1", prefix, database)),
        });

        Assert.Equal("redis", app.Services.GetRequiredService<ISessionRecordStore>().Name);
    }

    [Fact]
    public void The_defaults_are_those_documented()
    {
        var options = new RedisStoreOptions();

        Assert.Null(options.Configuration);
        Assert.Null(options.ConnectionMultiplexerFactory);
        Assert.Null(options.KeyPrefix);
        Assert.Equal(-1, options.Database);
    }

    [Fact]
    public void The_overload_with_a_text_sets_the_configuration()
    {
        using var provider = new ServiceCollection().AddSessionManager().AddRedisStore("localhost:6379").Services.BuildServiceProvider();
        Assert.Equal("localhost:6379", provider.GetRequiredService<IOptions<RedisStoreOptions>>().Value.Configuration);
    }

    [Fact]
    public void The_overload_without_arguments_needs_the_services_to_have_a_connection()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConnectionMultiplexer>(static _ => throw new InvalidOperationException("Not to be called."));
        using var provider = services.AddSessionManager().AddRedisStore().Services.BuildServiceProvider();

        Assert.Null(provider.GetRequiredService<IOptions<RedisStoreOptions>>().Value.Configuration);
    }

    [Fact]
    public void Nulls_and_an_empty_configuration_are_refused_at_once()
    {
        var builder = new ServiceCollection().AddSessionManager();

        Assert.Throws<ArgumentNullException>(() => builder.AddRedisStore((string)null!));
        Assert.Throws<ArgumentException>(() => builder.AddRedisStore(""));
        Assert.Throws<ArgumentNullException>(() => builder.AddRedisStore((Action<RedisStoreOptions>)null!));
        Assert.Throws<ArgumentNullException>(() => ((ISessionManagerBuilder)null!).AddRedisStore("localhost:6379"));
        Assert.Throws<ArgumentNullException>(() => ((ISessionManagerBuilder)null!).AddRedisStore());
        Assert.Throws<ArgumentNullException>(() => ((ISessionManagerBuilder)null!).AddRedisStore(static _ => { }));
    }

    [Fact]
    public void Adding_it_twice_keeps_one_store_and_the_later_options()
    {
        var builder = new ServiceCollection().AddSessionManager().AddRedisStore("first:1").AddRedisStore("second:2");

        Assert.Single(builder.Services, service => service.ServiceType == typeof(ISessionRecordStore));
        using var provider = builder.Services.BuildServiceProvider();
        Assert.Equal("second:2", provider.GetRequiredService<IOptions<RedisStoreOptions>>().Value.Configuration);
    }

    private static async Task<IReadOnlyList<string>> FaultsAsync(Action<RedisStoreOptions> configure, Action<SessionManagerOptions>? session = null) =>
        [.. (await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(configure, session))).Failures];

    private static Task<App> StartAsync(Action<RedisStoreOptions> configure, Action<SessionManagerOptions>? session = null) => App.StartAsync(
        static _ => { },
        new AppOptions { Session = session, Services = services => services.AddSessionManager().AddRedisStore(configure) });
}
