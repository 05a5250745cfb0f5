using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>What an outage of the store leaves in the log: its begin, a count each minute, and its end.</summary>
public sealed class OutageLogTests : IDisposable
{
    private const int Began = 31;
    private const int Counted = 37;
    private const int Ended = 38;

    private readonly FakeTimeProvider _time = new();
    private readonly LogSink _logs = new();
    private readonly LoggerFactory _factory;
    private readonly OutageLog _outages;

    public OutageLogTests()
    {
        _factory = new LoggerFactory([_logs]);
        _outages = new OutageLog(new SessionClock(_time), _factory.CreateLogger<OutageLog>());
    }

    public void Dispose() => _factory.Dispose();

    [Fact]
    public async Task A_thousand_failed_requests_of_three_minutes_are_four_lines()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = cache });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var before = app.Logs.Entries.Count(entry => entry.Level >= LogLevel.Warning);
        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: int.MaxValue);
        cache.Plan(CacheOperation.Set, CacheFault.Fail, times: int.MaxValue);

        for (var i = 0; i < 1000; i++)
        {
            var status = i % 3 == 0 ? await FaultEndpoints.StatusAsync(app.NewBrowser(), "/sign-in?user=bob")
                : await FaultEndpoints.StatusAsync(browser, i % 3 == 1 ? "/store?value=x" : "/update");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            app.Clock.Advance(TimeSpan.FromSeconds(0.18));
        }

        cache.Heal();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=y"));
        }

        var lines = app.Logs.Entries.Where(entry => entry.Level >= LogLevel.Warning).Skip(before).ToList();
        Assert.Equal([Began, Counted, Counted, Ended], lines.Select(line => line.EventId));
        Assert.Equal(
            [LogLevel.Error, LogLevel.Warning, LogLevel.Warning, LogLevel.Warning], lines.Select(line => line.Level));
        Assert.Equal(
            "The session store began to fail on commit. The session store 'FaultCache' failed: IOException: The cache is down (key session:[id]).",
            lines[0].Message);
        Assert.Contains("335 times in the last 00:01:00.1200000, on commit, load.", lines[1].Message, StringComparison.Ordinal);
        Assert.Contains("The cache is down", lines[1].Message, StringComparison.Ordinal);
        Assert.Equal("The session store works again. It failed 1000 times within 00:03:00.", lines[3].Message);
    }

    [Fact]
    public void A_member_that_fails_while_the_others_work_is_one_line_and_a_count_each_minute()
    {
        for (var i = 0; i < 6000; i++)
        {
            Succeed("load");
            Fail("commit");
            Pass(0.1);
        }

        // Ten minutes.
        Assert.Equal([Began, .. Enumerable.Repeat(Counted, 9)], Events());
    }

    [Fact]
    public void Another_member_that_begins_to_fail_while_the_others_work_is_said_once()
    {
        Fail("commit");
        Succeed("load");
        for (var i = 0; i < 100; i++)
        {
            Fail("touch");
            Fail("commit");
        }

        Assert.Equal([Began, Began], Events());
        Assert.Contains("on touch", _logs.Ours.Last().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_others_that_fail_in_the_same_outage_are_in_the_count()
    {
        Fail("load");
        Fail("commit");
        Fail("find_by_user");
        Pass(60);
        Fail("load");
        Succeed("load");

        Assert.Equal([Began, Counted, Ended], Events());
        Assert.Contains("failed 4 times in the last 00:01:00, on load, commit, find_by_user.", _logs.Ours.ElementAt(1).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    public void A_store_that_fails_now_and_then_is_a_few_lines_a_minute(int each)
    {
        for (var i = 0; i < 6000; i++)
        {
            Do("load", fails: i % each == 0);
            Pass(0.1);
        }

        Assert.Equal([Began, Ended, Began, .. Enumerable.Repeat(Counted, 9)], Events());

        // The outage ends after a minute without a failure.
        Pass(58);
        Succeed("load");
        Assert.NotEqual(Ended, Events()[^1]);
        Pass(2);
        Succeed("load");
        Assert.Equal(Ended, Events()[^1]);
    }

    [Fact]
    public void An_outage_an_hour_later_is_said_at_once_and_ends_at_once()
    {
        Fail("load");
        Succeed("load");
        Pass(3600);
        Fail("load");
        Pass(2);
        Succeed("load");

        Assert.Equal([Began, Ended, Began, Ended], Events());
        Assert.Equal("The session store works again. It failed 1 times within 00:00:02.", _logs.Ours.Last().Message);
    }

    [Fact]
    public void Calls_that_were_on_their_way_when_the_store_came_back_begin_no_outage()
    {
        Fail("load");
        var number = _outages.Number;
        Succeed("load");
        _outages.Failed("load", new SessionStoreException("It was on its way."), number);

        Assert.Equal([Began, Ended], Events());
    }

    [Fact]
    public void What_only_a_request_knows_of_is_counted_and_what_a_call_has_counted_is_not_counted_twice()
    {
        var failure = new SessionStoreException("The store is down.");
        _outages.Failed("load", failure, _outages.Number);
        _outages.RequestFailed("load", Guid.NewGuid(), failure);
        _outages.RequestFailed("commit", Guid.NewGuid(), new SessionStoreException("It waited behind the call."));
        _outages.RequestFailed("commit", Guid.NewGuid(), failure);
        Succeed("load");

        Assert.Equal([Began, 39, 39, 39, Ended], [.. _logs.Ours.Select(entry => entry.EventId)]);
        Assert.Contains("It failed 2 times", _logs.Ours.Last().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_that_its_caller_cancels_is_no_failure_and_the_words_of_another_exception_are_not_repeated()
    {
        _outages.Failed("load", new OperationCanceledException(), _outages.Number);
        Assert.Empty(Events());
        _outages.Failed("load", new InvalidOperationException("secret"), _outages.Number);

        Assert.Equal("The session store began to fail on load. InvalidOperationException", Assert.Single(_logs.Ours).Message);
    }

    private void Do(string operation, bool fails)
    {
        if (fails)
        {
            Fail(operation);
        }
        else
        {
            Succeed(operation);
        }
    }

    private void Fail(string operation) => _outages.Failed(operation, new SessionStoreException("It is down."), _outages.Number);

    private void Succeed(string operation) => _outages.Succeeded(operation);

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private int[] Events() => [.. _logs.Ours.Where(entry => entry.Level > LogLevel.Debug).Select(entry => entry.EventId)];
}
