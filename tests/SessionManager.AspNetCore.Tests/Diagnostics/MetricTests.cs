using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>What is counted and measured, through HTTP: each thing that happens to a session once, and nothing that
/// names one.</summary>
public sealed class MetricTests
{
    private FaultStore _store = null!;

    [Fact]
    public async Task A_session_is_counted_when_it_begins_and_when_it_ends_by_the_reason()
    {
        await using var app = await StartAsync();
        using var created = new Instruments<long>(app.Services, "session_manager.sessions.created");
        using var ended = new Instruments<long>(app.Services, "session_manager.sessions.ended");
        using var signIns = new Instruments<long>(app.Services, "session_manager.sign_ins");
        var (destroyed, revoked, expired) = (app.NewBrowser(), app.NewBrowser(), app.NewBrowser());
        await destroyed.DoAsync("/values/a/1");
        await revoked.DoAsync("/sign-in/alice");
        await expired.DoAsync("/sign-in/bob");
        await expired.DoAsync("/sign-in/bob");

        await destroyed.DoAsync("/destroy");
        await destroyed.DoAsync("/destroy");
        await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        await expired.ReadAsync("/me");
        await expired.ReadAsync("/me");

        Assert.Equal(3, created.Measured.Sum(measurement => measurement.Value));
        Assert.Equal(3, signIns.Measured.Sum(measurement => measurement.Value));
        Assert.Equal(["reason=signed_out", "reason=revoked", "reason=expired"], ended.Attributes);
    }

    [Fact]
    public async Task A_token_is_counted_when_it_is_replaced_other_than_by_a_sign_in()
    {
        await using var app = await StartAsync(options => options.TokenRotationInterval = TimeSpan.FromMinutes(5));
        using var rotated = new Instruments<long>(app.Services, "session_manager.tokens.rotated");
        var browser = app.NewBrowser();

        await browser.DoAsync("/sign-in/alice");
        Assert.Empty(rotated.Measured);
        await browser.DoAsync("/rotate");
        await browser.DoAsync("/sign-out");
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await browser.ReadAsync("/me");

        Assert.Equal(3, rotated.Measured.Sum(measurement => measurement.Value));
    }

    [Fact]
    public async Task A_cookie_that_opens_no_session_is_counted_by_the_cause()
    {
        await using var app = await StartAsync();
        using var rejected = new Instruments<long>(app.Services, "session_manager.cookies.rejected");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var replaced = browser.Clone();
        await browser.DoAsync("/rotate");
        var token = browser.Token!;

        await app.NewBrowser().GetWithCookiesAsync("/me", "sid=nonsense");
        await app.NewBrowser().GetWithCookiesAsync("/me", "sid=a; sid=b");
        await app.NewBrowser().GetWithCookiesAsync("/me", $"sid={new string('A', 43)}");
        await replaced.ReadAsync("/me");
        _store.Plan(StoreOperation.Load, StoreFaultKind.Corrupt);
        await browser.ReadAsync("/me");
        await browser.ReadAsync("/me");
        await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        await app.NewBrowser().GetWithCookiesAsync("/me", $"sid={token}");
        await app.NewBrowser().ReadAsync("/me");

        Assert.Equal(
            ["cause=malformed", "cause=ambiguous", "cause=unknown", "cause=replaced", "cause=damaged", "cause=ended"],
                rejected.Attributes);
    }

    [Fact]
    public async Task An_expired_cookie_is_counted_as_expired_and_then_as_ended()
    {
        await using var app = await StartAsync();
        using var rejected = new Instruments<long>(app.Services, "session_manager.cookies.rejected");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        app.Clock.Advance(TimeSpan.FromMinutes(21));

        await browser.ReadAsync("/me");
        await browser.ReadAsync("/me");

        Assert.Equal(["cause=expired", "cause=ended"], rejected.Attributes);
    }

    [Fact]
    public async Task A_commit_is_counted_by_what_became_of_it()
    {
        await using var app = await StartAsync();
        using var commits = new Instruments<long>(app.Services, "session_manager.commits");
        var browser = app.NewBrowser();

        await browser.DoAsync("/values/a/1");
        _store.Plan(StoreOperation.Commit, StoreFaultKind.Fail);
        using (var failed = await browser.PostAsync("/values/a/2"))
        {
            Assert.Equal(503, (int)failed.StatusCode);
        }

        var held = _store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var writing = browser.PostAsync("/values/a/3");
        await held.Reached;
        await browser.Clone().DoAsync("/destroy");
        held.Open();
        using var refused = await writing;

        Assert.Equal(409, (int)refused.StatusCode);
        Assert.Equal(["outcome=committed", "outcome=failed", "outcome=refused"], commits.Attributes);
    }

    [Fact]
    public async Task A_change_that_has_to_be_computed_again_is_a_conflict_and_no_refusal()
    {
        var cache = new FaultCache();
        await using var other = await StartAsync(cache: cache);
        await using var app = await StartAsync(
            map: app => app.MapPost(
                "/count", (ISessionManager session) =>
                    session.UpdateValueAsync<int>("count", count => count + 1).AsTask()),
            cache: cache);
        using var commits = new Instruments<long>(app.Services, "session_manager.commits");
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/a/1");

        var held = _store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var counting = browser.Clone().PostAsync("/count");
        await held.Reached;
        var elsewhere = other.NewBrowser();
        elsewhere.Token = browser.Token;
        await elsewhere.DoAsync("/values/count/x");
        held.Open();
        using var response = await counting;

        Assert.Contains("outcome=conflict", commits.Attributes);
        Assert.DoesNotContain("outcome=refused", commits.Attributes);
    }

    [Fact]
    public async Task Every_operation_of_the_store_is_timed_in_seconds_by_operation_store_and_outcome()
    {
        await using var app = await StartAsync();
        using var operations = new Instruments<double>(app.Services, "session_manager.store.operation.duration");
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        var browser = app.NewBrowser();

        await browser.DoAsync("/sign-in/alice");
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        await browser.ReadAsync("/me");
        await foreach (var session in directory.ListAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal("alice", session.UserId);
        }

        await directory.RevokeUserAsync("alice", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            ["commit", "load", "touch", "list", "list", "find_by_user", "end"],
            operations.Measured.Select(measurement => (string)measurement.Tags["session_manager.store.operation"]!));
        Assert.All(operations.Measured, measurement =>
        {
            Assert.Equal("memory", measurement.Tags["session_manager.store.name"]);
            Assert.Equal("ok", measurement.Tags["session_manager.store.outcome"]);
            Assert.DoesNotContain("error.type", measurement.Tags.Keys);
            Assert.InRange(measurement.Value, 0, 10);
        });
        Assert.Equal("s", operations.Instrument!.Unit);
    }

    [Fact]
    public async Task A_store_that_fails_is_measured_with_the_type_of_the_error()
    {
        await using var app = await StartAsync();
        using var operations = new Instruments<double>(app.Services, "session_manager.store.operation.duration");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        _store.Plan(StoreOperation.Load, StoreFaultKind.Fail);
        using var response = await browser.GetAsync("/me");

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal(
            "type=SessionManager.AspNetCore.SessionStoreException operation=load outcome=failed",
                operations.Attributes[^1]);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_in_time_is_measured_as_a_timeout()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app => app.MapSession(),
                new AppOptions
                {
                    Cache = cache,
                    Session = options =>
                    options.IOTimeout = TimeSpan.FromMilliseconds(100)
                });
        using var operations = new Instruments<double>(app.Services, "session_manager.store.operation.duration");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        cache.Plan(CacheOperation.Get, CacheFault.Hang);
        using var response = await browser.GetAsync("/me");

        Assert.Equal("type=timeout operation=load outcome=failed", operations.Attributes[^1]);
        Assert.InRange(operations.Measured[^1].Value, 0.05, 10);
    }

    [Fact]
    public async Task Living_sessions_are_counted_from_their_beginning_to_their_end()
    {
        await using var app = await StartAsync();
        using var live = new Instruments<long>(app.Services, "session_manager.sessions.live");
        var (anonymous, alice, bob) = (app.NewBrowser(), app.NewBrowser(), app.NewBrowser());
        Assert.Equal(["signed_in=True: 0", "signed_in=False: 0"], live.Observe());

        await anonymous.DoAsync("/values/a/1");
        await alice.DoAsync("/values/a/1");
        Assert.Equal(["signed_in=True: 0", "signed_in=False: 2"], live.Observe());
        await alice.DoAsync("/sign-in/alice");
        await bob.DoAsync("/sign-in/bob");
        Assert.Equal(["signed_in=True: 2", "signed_in=False: 1"], live.Observe());
        await bob.DoAsync("/sign-out");
        Assert.Equal(["signed_in=True: 1", "signed_in=False: 2"], live.Observe());
        await bob.DoAsync("/destroy");
        Assert.Equal(["signed_in=True: 1", "signed_in=False: 1"], live.Observe());

        app.Clock.Advance(TimeSpan.FromMinutes(19));
        await alice.ReadAsync("/me");
        Assert.Equal(["signed_in=True: 1", "signed_in=False: 1"], live.Observe());
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["signed_in=True: 1", "signed_in=False: 0"], live.Observe());
        app.Clock.Advance(TimeSpan.FromMinutes(19));
        Assert.Equal(["signed_in=True: 0", "signed_in=False: 0"], live.Observe());
    }

    [Fact]
    public async Task A_plain_cache_knows_what_lives_also_before_anybody_listened()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var (anonymous, alice) = (app.NewBrowser(), app.NewBrowser());
        await anonymous.DoAsync("/values/a/1");
        await alice.DoAsync("/sign-in/alice");

        using var live = new Instruments<long>(app.Services, "session_manager.sessions.live");
        Assert.Equal(["signed_in=True: 1", "signed_in=False: 1"], live.Observe());

        await alice.DoAsync("/destroy");
        Assert.Equal(["signed_in=True: 0", "signed_in=False: 1"], live.Observe());
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Equal(["signed_in=True: 0", "signed_in=False: 0"], live.Observe());
    }

    [Fact]
    public async Task The_absolute_limit_ends_the_count_of_a_session_that_is_used_all_the_time()
    {
        await using var app = await StartAsync(options => options.AbsoluteTimeout = TimeSpan.FromMinutes(45));
        using var live = new Instruments<long>(app.Services, "session_manager.sessions.live");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        for (var i = 0; i < 4; i++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(11));
            Assert.Equal("alice", await browser.ReadAsync("/me"));
            Assert.Equal("signed_in=True: 1", live.Observe()[0]);
        }

        app.Clock.Advance(TimeSpan.FromMinutes(1.1));
        Assert.Equal("signed_in=True: 0", live.Observe()[0]);
    }

    [Fact]
    public async Task Counting_goes_on_when_thousands_of_sessions_have_come_and_gone()
    {
        await using var app = await StartAsync();
        using var live = new Instruments<long>(app.Services, "session_manager.sessions.live");
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 1500).Select(_ => app.NewBrowser().DoAsync("/values/a/1")));
            Assert.Equal("signed_in=False: 1500", live.Observe()[1]);
            app.Clock.Advance(TimeSpan.FromMinutes(21));
            Assert.Equal("signed_in=False: 0", live.Observe()[1]);
        }
    }

    [Fact]
    public async Task No_attribute_names_a_user_a_session_or_a_key()
    {
        await using var app = await StartAsync();
        string[] names =
        [
            "session_manager.sessions.created", "session_manager.sessions.ended", "session_manager.sign_ins",
                "session_manager.tokens.rotated",
            "session_manager.cookies.rejected", "session_manager.commits",
        ];
        var counters = names.Select(name => new Instruments<long>(app.Services, name)).ToList();
        using var operations = new Instruments<double>(app.Services, "session_manager.store.operation.duration");
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/the-key/the-value");
        await browser.DoAsync("/sign-in/alice");
        var id = await browser.ReadAsync("/id");
        await browser.DoAsync("/destroy");
        await browser.ReadAsync("/me");

        var told = counters.SelectMany(counter => counter.Measured).SelectMany(measurement => measurement.Tags)
            .Concat(operations.Measured.SelectMany(measurement => measurement.Tags))
            .Select(tag => $"{tag.Key}={tag.Value}").ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(told);
        Assert.All(
            (string[])["alice", "the-key", "the-value", id, id.Replace("-", "", StringComparison.Ordinal)], secret =>
            Assert.DoesNotContain(told, text => text.Contains(secret, StringComparison.OrdinalIgnoreCase)));
        counters.ForEach(counter => counter.Dispose());
    }

    private Task<App> StartAsync(
        Action<SessionManagerOptions>? session = null, Action<WebApplication>? map = null,
            FaultCache? cache = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            map?.Invoke(app);
        },
        new AppOptions
        {
            Session = session,
            Cache = cache,
            Services = services => FaultStore.AddTo(services, made => _store = made),
        });
}
