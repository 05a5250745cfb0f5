using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Storage;

/// <summary>How the waits of one request add up: two timeouts, by the time that passes while the request waits.</summary>
public sealed class StoreBudgetTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly StoreBudget _budget;

    public StoreBudgetTests() => _budget = new StoreBudget(Timeout, _time);

    [Fact]
    public void Waits_of_half_a_timeout_are_over_after_four()
    {
        for (var i = 0; i < 4; i++)
        {
            _budget.ThrowIfSpent();
            Wait(0.5);
        }

        var failure = Assert.Throws<SessionStoreException>(_budget.ThrowIfSpent);

        Assert.Equal(
            "The request has waited for the session store for 2 s altogether, which is twice IOTimeout. Check the store, or raise IOTimeout.",
            failure.Message);
        Assert.False(failure.IsTimeout);
    }

    [Fact]
    public void A_wait_may_last_as_long_as_is_left()
    {
        Assert.Equal(Timeout, _budget.Limit(Timeout));
        Wait(1.5);

        _budget.Begin();

        Assert.Equal(TimeSpan.FromSeconds(0.5), _budget.Limit(Timeout));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(TimeSpan.FromSeconds(0.3), _budget.Limit(Timeout));
        _time.Advance(TimeSpan.FromSeconds(0.4));
        Assert.Equal(TimeSpan.Zero, _budget.Limit(Timeout));
        Assert.Throws<SessionStoreException>(_budget.ThrowIfSpent);
    }

    [Fact]
    public void Time_without_a_wait_does_not_count()
    {
        for (var i = 0; i < 3; i++)
        {
            Wait(0.5);
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        Assert.Equal(TimeSpan.FromSeconds(0.5), _budget.Limit());
    }

    [Fact]
    public void Waits_at_the_same_time_count_once()
    {
        for (var i = 0; i < 8; i++)
        {
            _budget.Begin();
        }

        _time.Advance(TimeSpan.FromSeconds(0.9));
        for (var i = 0; i < 8; i++)
        {
            _budget.End();
        }

        Assert.Equal(TimeSpan.FromSeconds(1.1), _budget.Limit());
    }

    [Fact]
    public void A_wait_that_began_later_and_one_that_ends_later_count_from_the_first_to_the_last()
    {
        _budget.Begin();
        _time.Advance(TimeSpan.FromSeconds(0.5));
        _budget.Begin();
        _time.Advance(TimeSpan.FromSeconds(0.5));
        _budget.End();
        _time.Advance(TimeSpan.FromSeconds(0.5));
        _budget.End();

        Assert.Equal(TimeSpan.FromSeconds(0.5), _budget.Limit());
    }

    [Fact]
    public void Quick_answers_never_add_up()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Wait(0.02);
        }

        Assert.Equal(TimeSpan.FromSeconds(2), _budget.Limit());
        Wait(0.021);
        Assert.Equal(TimeSpan.FromSeconds(1.979), _budget.Limit());
    }

    [Fact]
    public void A_queue_that_moves_on_quickly_does_not_count_however_long_it_is()
    {
        _budget.Begin();
        for (var i = 0; i < 1000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.01));
            _budget.MoveOn();
        }

        Assert.Equal(TimeSpan.FromSeconds(2), _budget.Limit());
        _time.Advance(TimeSpan.FromSeconds(0.5));
        _budget.End();
        Assert.Equal(TimeSpan.FromSeconds(1.5), _budget.Limit());
    }

    [Fact]
    public void A_request_that_lasts_for_days_has_the_whole_time_again_each_minute()
    {
        for (var i = 0; i < 1000; i++)
        {
            Wait(1.5);
            _time.Advance(TimeSpan.FromSeconds(60));
            _budget.ThrowIfSpent();
        }

        Wait(2);
        Assert.Throws<SessionStoreException>(_budget.ThrowIfSpent);
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Throws<SessionStoreException>(_budget.ThrowIfSpent);
        _time.Advance(TimeSpan.FromSeconds(10));
        _budget.ThrowIfSpent();
    }

    [Fact]
    public void What_is_spent_early_stays_spent()
    {
        Wait(1.9);
        Assert.IsType<SessionStoreException>(_budget.Spend());

        Assert.Equal(TimeSpan.Zero, _budget.Limit());
        Assert.Throws<SessionStoreException>(_budget.ThrowIfSpent);
    }

    [Fact]
    public void Outside_of_a_request_there_is_none() => Assert.Null(StoreBudget.OfRequest(Timeout));

    private void Wait(double seconds)
    {
        _budget.Begin();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _budget.End();
    }
}
