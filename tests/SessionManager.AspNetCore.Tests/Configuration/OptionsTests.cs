using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Configuration;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Configuration;

/// <summary>The options: their defaults, and every rule they are held to when the application starts.</summary>
public sealed class OptionsTests
{
    private static readonly Dictionary<string, Action<SessionManagerOptions>> Rules = new(StringComparer.Ordinal)
    {
        ["IdleTimeout is '00:00:00'"] = options => options.IdleTimeout = TimeSpan.Zero,
        ["IdleTimeout is '-00:00:01'"] = options => options.IdleTimeout = TimeSpan.FromSeconds(-1),
        ["IdleTimeout is '3651."] = options => options.IdleTimeout = TimeSpan.FromDays(3651),
        ["IdleTimeout is '-10675199."] = options => options.IdleTimeout = TimeSpan.MinValue,
        ["IdleTimeout is '10675199."] = options => options.IdleTimeout = TimeSpan.MaxValue,
        ["IdleTimeout is '00:00:00.0000001'"] = options => options.IdleTimeout = TimeSpan.FromTicks(1),
        ["AbsoluteTimeout is '00:00:00.0009999'"] = options => options.AbsoluteTimeout = TimeSpan.FromTicks(9_999),
        ["AbsoluteTimeout is '00:00:00'"] = options => options.AbsoluteTimeout = TimeSpan.Zero,
        ["AbsoluteTimeout is '-00:00:01'"] = options => options.AbsoluteTimeout = TimeSpan.FromSeconds(-1),
        ["AbsoluteTimeout is '10675199."] = options => options.AbsoluteTimeout = TimeSpan.MaxValue,
        ["IdleTimeout '1.00:00:01' is longer than AbsoluteTimeout '1.00:00:00'"] = options => options.IdleTimeout = TimeSpan.FromSeconds(86_401),
        ["IOTimeout is '00:00:00'"] = options => options.IOTimeout = TimeSpan.Zero,
        ["IOTimeout is '-00:00:00.0010000'"] = options => options.IOTimeout = Timeout.InfiniteTimeSpan,
        ["IOTimeout is '00:00:00.0000001'"] = options => options.IOTimeout = TimeSpan.FromTicks(1),
        ["IOTimeout is '10675199."] = options => options.IOTimeout = TimeSpan.MaxValue,
        ["TouchInterval is '-00:00:01'"] = options => options.TouchInterval = TimeSpan.FromSeconds(-1),
        ["TouchInterval is '00:20:00'"] = options => options.TouchInterval = options.IdleTimeout,
        ["TouchInterval is '00:19:59.9999999'"] = options => options.TouchInterval = options.IdleTimeout - TimeSpan.FromTicks(1),
        ["TouchInterval is '10675199."] = options => (options.IdleTimeout, options.TouchInterval) = (TimeSpan.MinValue, TimeSpan.MaxValue),
        ["TokenRotationInterval is '1.00:00:00'"] = options => options.TokenRotationInterval = options.AbsoluteTimeout,
        ["TokenRotationInterval is '7.00:00:00'"] = options => options.TokenRotationInterval = TimeSpan.FromDays(7),
        ["TokenRotationInterval is '00:00:00'"] = options => options.TokenRotationInterval = TimeSpan.Zero,
        ["TokenRotationInterval is '-00:00:01'"] = options => options.TokenRotationInterval = TimeSpan.FromSeconds(-1),
        ["TokenRotationInterval is '10675199."] = options => options.TokenRotationInterval = TimeSpan.MaxValue,
        ["MaxSessionsPerUser is '0'"] = options => options.MaxSessionsPerUser = 0,
        ["MaxSessionsPerUser is '-1'"] = options => options.MaxSessionsPerUser = -1,
        ["SessionLimitBehavior is '7'"] = options => options.SessionLimitBehavior = (SessionLimitBehavior)7,
        ["Events is null"] = options => options.Events = null!,
        ["MaxValueBytes is '0'"] = options => options.MaxValueBytes = 0,
        ["MaxValueBytes is '-1'"] = options => options.MaxValueBytes = -1,
        ["MaxSessionBytes is '0'"] = options => options.MaxSessionBytes = 0,
        ["MaxSessionBytes is '2147483647'"] = options => options.MaxSessionBytes = int.MaxValue,
        ["MaxValueBytes '1048577' is more than MaxSessionBytes '1048576'"] = options => options.MaxValueBytes = (1024 * 1024) + 1,
        ["MaxKeys is '0'"] = options => options.MaxKeys = 0,
        ["MaxKeys is '1000001'"] = options => options.MaxKeys = 1_000_001,
        ["MaxKeyBytes is '0'"] = options => options.MaxKeyBytes = 0,
        ["MaxKeyBytes is '65536'"] = options => options.MaxKeyBytes = 65_536,
        ["ClearSessionScope is '7'"] = options => options.ClearSessionScope = (ClearSessionScope)7,
        ["StoreFailureMode is '7'"] = options => options.StoreFailureMode = (StoreFailureMode)7,
        ["LoadMode is '7'"] = options => options.LoadMode = (LoadMode)7,
        ["SerializerOptions is null"] = options => options.SerializerOptions = null!,
        ["KeyPrefix is null"] = options => options.KeyPrefix = null!,
        ["KeyPrefix is 'a\\u000d\\u000aSession'"] = options => options.KeyPrefix = "a\r\nSession",
        ["KeyPrefix is '\\u0000'"] = options => options.KeyPrefix = "\0",
        ["KeyPrefix is 'a\\ud83d:'"] = options => options.KeyPrefix = "a\ud83d:",
        ["Cookie is null"] = options => options.Cookie = null!,
        ["The session cookie's name is 'a b'"] = options => options.Cookie.Name = "a b",
        ["The session cookie's name is 'a=b'"] = options => options.Cookie.Name = "a=b",
        ["The session cookie's name is 'a;b'"] = options => options.Cookie.Name = "a;b",
        ["The session cookie's name is 'naïve'"] = options => options.Cookie.Name = "naïve",
        ["The session cookie's name is 'a\\u000d\\u000ab'"] = options => options.Cookie.Name = "a\r\nb",
        ["The session cookie's name is 'aaaa"] = options => options.Cookie.Name = new string('a', 257),
        ["The session cookie '__Host-sid' is not HttpOnly"] = options => options.Cookie.HttpOnly = false,
        ["The session cookie '__Host-sid' has Expiration '01:00:00'"] = options => options.Cookie.Expiration = TimeSpan.FromHours(1),
        ["The session cookie 'sid' has SameSite 'None' without SecurePolicy 'Always'"] = options =>
            (options.Cookie.Name, options.Cookie.SameSite, options.Cookie.SecurePolicy) = ("sid", SameSiteMode.None, CookieSecurePolicy.SameAsRequest),
        ["The session cookie '__Host-sid' has SecurePolicy 'None'"] = options => options.Cookie.SecurePolicy = CookieSecurePolicy.None,
        ["The session cookie '__Host-sid' has SecurePolicy 'SameAsRequest'"] = options => options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest,
        ["The session cookie '__secure-sid' has SecurePolicy 'None'"] = options =>
            (options.Cookie.Name, options.Cookie.SecurePolicy) = ("__secure-sid", CookieSecurePolicy.None),
        ["The session cookie '__Host-sid' has Domain 'example.com'"] = options => options.Cookie.Domain = "example.com",
        ["The session cookie '__HOST-x' has Domain 'example.com'"] = options => (options.Cookie.Name, options.Cookie.Domain) = ("__HOST-x", "example.com"),
        ["The session cookie '__Host-sid' has Path '/shop'"] = options => options.Cookie.Path = "/shop",
        ["The session cookie '__http-sid' has SecurePolicy 'None'"] = options =>
            (options.Cookie.Name, options.Cookie.SecurePolicy) = ("__http-sid", CookieSecurePolicy.None),
        ["The session cookie '__Host-sid' has SameSite '7'"] = options => options.Cookie.SameSite = (SameSiteMode)7,
        ["The session cookie '__Host-sid' has SecurePolicy '7'"] = options => options.Cookie.SecurePolicy = (CookieSecurePolicy)7,
        ["The session cookie '__Host-sid' has MaxAge '00:00:00'"] = options => options.Cookie.MaxAge = TimeSpan.Zero,
        ["The session cookie '__Host-sid' has MaxAge '-00:00:01'"] = options => options.Cookie.MaxAge = TimeSpan.FromSeconds(-1),
        ["The session cookie '__Host-sid' has MaxAge '-10675199."] = options => options.Cookie.MaxAge = TimeSpan.MinValue,
        ["The session cookie '__Host-sid' has MaxAge '00:20:00'"] = options => options.Cookie.MaxAge = TimeSpan.FromMinutes(20),
        ["The session cookie '__Host-sid' has MaxAge '23:59:59.9999999'"] = options =>
            options.Cookie.MaxAge = options.AbsoluteTimeout - TimeSpan.FromTicks(1),
        ["The session cookie '__Host-sid' has MaxAge '00:00:01.5000000'"] = options =>
            (options.IdleTimeout, options.AbsoluteTimeout, options.Cookie.MaxAge) = (Seconds(1), Seconds(1.5), Seconds(1.5)),
    };

    private static readonly string[] BrokenPaths =
    [
        "", "shop", " /shop", "/a;b", "/a\rb", "/a\r\nSet-Cookie: x=y", "/a\nb", "/a\0b", "/a\tb", "/a\u007fb", "/größe", "/a\u2028b", "/a b", "/shop ",
        "/a?b", "/a#b", "/a\\b", "/a\"b", "http://example.com/", "/" + new string('a', 1024),
    ];

    private static readonly string[] BrokenDomains =
    [
        "", ".", "..", "a..b", "..example.com", "example.com.", "example.com:443", "https://example.com", "example.com/shop", "a;b", "a; Path=/", "a b",
        " example.com", "a\rb", "a\r\nSet-Cookie: x=y", "a\nb", "a\0b", "bücher.example", "a\u200bb", "*.example.com", "a,b", "user@example.com", "[::1]",
        new string('a', 64) + ".com", string.Join('.', Enumerable.Repeat("aaaaaaaaa", 26)),
    ];

    private static readonly string[] BrokenExtensions =
    [
        "", " ", "=x", "a;b", "a\rb", "a\r\nSet-Cookie: x=y", "a\nb", "a\0b", "größe", "Priority=High; Path=/", "x=" + new string('a', 1024),
        "Path=/x", "path", " PATH = /x", "Domain=example.com", "Max-Age=1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT", "HttpOnly", "secure", "SameSite=None",
    ];

    public static TheoryData<string> Paths => [.. BrokenPaths];

    public static TheoryData<string> Domains => [.. BrokenDomains];

    public static TheoryData<string> CookieExtensions => [.. BrokenExtensions];

    public static TheoryData<string> RuleNames => [.. Rules.Keys];

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void A_broken_rule_is_reported_with_the_value_and_a_remedy(string fault)
    {
        var faults = Validate(Rules[fault]);

        var message = Assert.Single(faults, message => message.StartsWith(fault, StringComparison.Ordinal));
        Assert.Matches(@"\. (Set|Use|Lower|Remove|Leave) .+\.$", message);
    }

    [Theory]
    [MemberData(nameof(RuleNames))]
    public async Task A_broken_rule_stops_the_application_from_starting(string fault)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(Rules[fault]));

        Assert.Contains(exception.Failures, message => message.StartsWith(fault, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_path_that_browsers_would_not_match_is_refused(string path) =>
        AssertRefused("Path", path, options => (options.Cookie.Name, options.Cookie.Path) = ("sid", path));

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_domain_that_is_no_host_is_refused(string domain) =>
        AssertRefused("Domain", domain, options => (options.Cookie.Name, options.Cookie.Domain) = ("sid", domain));

    [Theory]
    [MemberData(nameof(CookieExtensions))]
    public void An_extension_that_breaks_the_header_or_has_a_property_of_its_own_is_refused(string extension) =>
        AssertRefused("the extension", extension, options => options.Cookie.Extensions.Add(extension));

    [Fact]
    public void A_partitioned_cookie_that_is_never_secure_is_refused() =>
        AssertRefused("the extension", "Partitioned", options =>
        {
            (options.Cookie.Name, options.Cookie.SecurePolicy) = ("sid", CookieSecurePolicy.None);
            options.Cookie.Extensions.Add("Partitioned");
        });

    [Theory]
    [InlineData("/a\r\nforged: 12:00 all is well", @"/a\u000d\u000aforged: 12:00 all is well")]
    [InlineData("/\u001b[31m\u202e\u2028\u200b\u00a0", @"/\u001b[31m\u202e\u2028\u200b\u00a0")]
    [InlineData("/größe 😀", "/größe 😀")]
    public void What_can_not_be_seen_is_written_out_in_a_message(string value, string shown)
    {
        var message = Assert.Single(Validate(options => (options.Cookie.Name, options.Cookie.Path) = ("sid", value)));

        Assert.Contains($"'{shown}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_faults_are_reported_at_once()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(options =>
        {
            (options.IdleTimeout, options.AbsoluteTimeout, options.IOTimeout) = (TimeSpan.FromDays(4000), TimeSpan.Zero, TimeSpan.Zero);
            options.TouchInterval = TimeSpan.FromDays(5000);
            (options.MaxValueBytes, options.MaxSessionBytes, options.MaxKeys, options.MaxKeyBytes) = (0, -1, 0, 0);
            (options.ClearSessionScope, options.StoreFailureMode, options.LoadMode) = ((ClearSessionScope)9, (StoreFailureMode)9, (LoadMode)9);
            (options.SerializerOptions, options.KeyPrefix) = (null!, null!);
            (options.Cookie.Name, options.Cookie.HttpOnly, options.Cookie.Expiration) = ("__Host-a b", false, TimeSpan.FromDays(1));
            (options.Cookie.SameSite, options.Cookie.SecurePolicy) = (SameSiteMode.None, CookieSecurePolicy.None);
            (options.Cookie.Domain, options.Cookie.Path) = ("example.com", "/shop");
        }));

        Assert.Equal(22, exception.Failures.Count());
        Assert.Equal(exception.Failures.Count(), exception.Failures.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public void The_defaults_break_no_rule(string environment) => Assert.Empty(Validate(_ => { }, environment));

    [Fact]
    public void Values_at_the_limits_break_no_rule()
    {
        Assert.Empty(Validate(options => options.IdleTimeout = options.AbsoluteTimeout = TimeSpan.FromDays(3650)));
        Assert.Empty(Validate(options => options.IdleTimeout = TimeSpan.FromMilliseconds(1)));
        Assert.Empty(Validate(options => options.IOTimeout = TimeSpan.FromMilliseconds(1)));
        Assert.Empty(Validate(options => options.IOTimeout = TimeSpan.FromMinutes(10)));
        Assert.Empty(Validate(options => options.TouchInterval = TimeSpan.Zero));
        Assert.Empty(Validate(options => options.TouchInterval = options.IdleTimeout - TimeSpan.FromMilliseconds(1)));
        Assert.Empty(Validate(options => options.TokenRotationInterval = options.AbsoluteTimeout - TimeSpan.FromTicks(1)));
        Assert.Empty(Validate(options => options.MaxValueBytes = options.MaxSessionBytes = 512 * 1024 * 1024));
        Assert.Empty(Validate(options => (options.MaxKeys, options.MaxKeyBytes) = (1_000_000, ushort.MaxValue)));
        Assert.Empty(Validate(options => options.KeyPrefix = ""));
        Assert.Empty(Validate(options => (options.Cookie.Name, options.Cookie.Domain, options.Cookie.Path) = ("sid", "example.com", "/shop")));
        Assert.Empty(Validate(options => (options.Cookie.Path, options.Cookie.SameSite) = ("/", SameSiteMode.None)));
    }

    [Fact]
    public void What_applications_set_for_the_cookie_breaks_no_rule()
    {
        Assert.Empty(Validate(options => options.Cookie.MaxAge = options.AbsoluteTimeout));
        Assert.Empty(Validate(options => options.Cookie.MaxAge = TimeSpan.FromDays(400)));
        Assert.Empty(Validate(options => options.Cookie.MaxAge = TimeSpan.MaxValue));
        Assert.All(
            (string?[])[null, "/", "/shop", "/shop/", "/a/b.c~d-e_f", "/a%20b", "/@me/!$&'()*+,=:|[x]"],
            path => Assert.Empty(Validate(options => (options.Cookie.Name, options.Cookie.Path) = ("sid", path))));
        Assert.All(
            (string?[])[null, "example.com", ".example.com", "EXAMPLE.com", "a_b.example", "xn--bcher-kva.example", "localhost", "127.0.0.1", "1.example"],
            domain => Assert.Empty(Validate(options => (options.Cookie.Name, options.Cookie.Domain) = ("sid", domain))));
        Assert.All(
            (string[])["Partitioned", "Priority=High", "x-own = 1", "Pathology=1"],
            extension => Assert.Empty(Validate(options => options.Cookie.Extensions.Add(extension))));
        Assert.All(Enum.GetValues<SameSiteMode>(), mode => Assert.Empty(Validate(options => options.Cookie.SameSite = mode)));
        Assert.All(
            Enum.GetValues<CookieSecurePolicy>(),
            policy => Assert.Empty(Validate(options => (options.Cookie.Name, options.Cookie.SecurePolicy) = ("sid", policy))));
        Assert.All((string[])["shop:", "größe 😀/", "a b"], prefix => Assert.Empty(Validate(options => options.KeyPrefix = prefix)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_mode_that_there_is_not_is_refused_where_it_is_set(int mode)
    {
        Assert.Contains($"'{mode}'", Assert.Throws<ArgumentOutOfRangeException>(() => new SessionAttribute((SessionMode)mode)).Message, StringComparison.Ordinal);
        Assert.Contains(
            $"'{mode}'",
            Assert.Throws<ArgumentOutOfRangeException>(() => new SessionAttribute { StoreFailureMode = (StoreFailureMode)mode }).Message,
            StringComparison.Ordinal);
        using var app = WebApplication.CreateSlimBuilder().Build();
        var endpoint = app.MapGet("/", () => "");
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.WithSession((SessionMode)mode));
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.WithSession(session => session.Mode = (SessionMode)mode));
        Assert.Throws<ArgumentNullException>(() => endpoint.WithSession(null!));
    }

    [Fact]
    public void Every_mode_that_there_is_can_be_set()
    {
        Assert.All(Enum.GetValues<SessionMode>(), mode => Assert.Equal(mode, new SessionAttribute(mode).Mode));
        Assert.All(Enum.GetValues<StoreFailureMode>(), mode => Assert.Equal(mode, new SessionAttribute { StoreFailureMode = mode }.StoreFailureMode));
    }

    [Fact]
    public void The_defaults_are_the_documented_ones()
    {
        var options = new SessionManagerOptions();

        Assert.Equal(TimeSpan.FromMinutes(20), options.IdleTimeout);
        Assert.Equal(TimeSpan.FromHours(24), options.AbsoluteTimeout);
        Assert.Equal(TimeSpan.FromSeconds(5), options.IOTimeout);
        Assert.Equal(TimeSpan.FromSeconds(60), options.TouchInterval);
        Assert.Equal("session:", options.KeyPrefix);
        Assert.Equal((null, null, SessionLimitBehavior.RevokeOldest), (options.TokenRotationInterval, options.MaxSessionsPerUser, options.SessionLimitBehavior));
        Assert.Equal((262_144, 1_048_576, 256, 256), (options.MaxValueBytes, options.MaxSessionBytes, options.MaxKeys, options.MaxKeyBytes));
        Assert.Equal(ClearSessionScope.UserId, options.ClearSessionScope);
        Assert.True(options.KeepValuesOnSignIn);
        Assert.Equal(StoreFailureMode.Fail, options.StoreFailureMode);
        Assert.Equal(LoadMode.Eager, options.LoadMode);
        Assert.False(options.SerializerOptions.AllowDuplicateProperties);
        Assert.Equal((true, SameSiteMode.Lax, "/", true), (options.Cookie.HttpOnly, options.Cookie.SameSite, options.Cookie.Path, options.Cookie.IsEssential));
        Assert.Equal((null, null, null), (options.Cookie.Domain, options.Cookie.MaxAge, options.Cookie.Expiration));
    }

    [Theory]
    [InlineData(100, 5)]
    [InlineData(1_200, 60)]
    [InlineData(36_000, 60)]
    public void The_touch_interval_is_a_20th_of_the_idle_timeout_and_a_minute_at_most(int idleSeconds, int expectedSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds), new SessionManagerOptions { IdleTimeout = TimeSpan.FromSeconds(idleSeconds) }.TouchInterval);

    [Theory]
    [InlineData("Development", "sid", CookieSecurePolicy.SameAsRequest)]
    [InlineData("Staging", "__Host-sid", CookieSecurePolicy.Always)]
    [InlineData("Production", "__Host-sid", CookieSecurePolicy.Always)]
    public void The_environment_chooses_the_cookies_name_and_policy(string environment, string name, CookieSecurePolicy policy)
    {
        var options = Configure(_ => { }, environment);

        Assert.Equal((name, policy), (options.Cookie.Name, options.Cookie.SecurePolicy));
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public void What_the_application_chose_for_the_cookie_stays(string environment)
    {
        var options = Configure(options => (options.Cookie.Name, options.Cookie.SecurePolicy) = ("mine", CookieSecurePolicy.None), environment);
        Assert.Equal(("mine", CookieSecurePolicy.None), (options.Cookie.Name, options.Cookie.SecurePolicy));

        options = Configure(options => options.Cookie.SecurePolicy = CookieSecurePolicy.Always, environment);
        Assert.Equal(CookieSecurePolicy.Always, options.Cookie.SecurePolicy);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static void AssertRefused(string setting, string value, Action<SessionManagerOptions> configure)
    {
        var message = Assert.Single(Validate(configure));

        Assert.Contains($" has {setting} '", message, StringComparison.Ordinal);
        Assert.Matches(@"\. (Set|Use|Remove) .+\.$", message);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.True(value.Length < 200 || message.Length < 700, "The message shows all of a long value.");
    }

    private static SessionManagerOptions Configure(Action<SessionManagerOptions> configure, string environment)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        var options = new SessionManagerOptions();
        configure(options);
        new CompleteSessionManagerOptions(new OneService(builder.Environment)).PostConfigure(null, options);
        return options;
    }

    private static IEnumerable<string> Validate(Action<SessionManagerOptions> configure, string environment = "Production") =>
        new ValidateSessionManagerOptions().Validate(null, Configure(configure, environment)).Failures ?? [];

    private static Task<App> StartAsync(Action<SessionManagerOptions> configure) =>
        App.StartAsync(_ => { }, new AppOptions { Environment = Environments.Production, Session = configure });

    private sealed class OneService(IHostEnvironment environment) : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(IHostEnvironment) ? environment : null;
    }
}
