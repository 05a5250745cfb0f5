using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// The time that one request may spend waiting for the store: twice the I/O timeout. Calls that wait at the same time
/// count once. Each answer to the request, and each turn of a queue that the request waits in, ends a part of the wait.
/// A part within a fiftieth of the I/O timeout does not count, so a healthy store ends no request that makes many
/// calls or waits in a long queue. The count begins anew after a minute, or after ten timeouts where that is longer, so
/// the slow moments of a day do not add up in a request that lasts a day.
/// </summary>
/// <param name="timeout">The I/O timeout.</param>
/// <param name="time">The clock of the waits. Like the timeouts, it is not the clock of the sessions.</param>
internal sealed class StoreBudget(TimeSpan timeout, TimeProvider time) : IBudgetedRequest
{
    /// <summary>The part of the I/O timeout within which an answer is quick.</summary>
    public const int QuickPart = 50;

    // Any instance reads the current request of the execution context.
    private static readonly HttpContextAccessor Accessor = new();

    private readonly TimeSpan _total = timeout * 2;
    private readonly TimeSpan _quick = timeout / QuickPart;
    private readonly TimeSpan _period = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMinute, timeout.Ticks * 10));
    private TimeSpan _waited;
    private long? _countedFrom;
    private long _answered;
    private int _waiting;

    StoreBudget? IBudgetedRequest.KnownBudget => this;

    StoreBudget IBudgetedRequest.Budget => this;

    private TimeSpan Left => _total - _waited - (_waiting == 0 ? TimeSpan.Zero : time.GetElapsedTime(_answered));

    /// <summary>Returns the budget of the current request; <see langword="null"/> outside of a request, and before the
    /// request has waited for the first time.</summary>
    public static StoreBudget? Known() => Find(out _)?.KnownBudget;

    /// <summary>Returns the budget of the current request.</summary>
    /// <param name="timeout">The I/O timeout, for a request that <c>UseSessionManager</c> does not handle;
    /// <see langword="null"/> when the caller does not know it.</param>
    /// <returns>The budget; <see langword="null"/> outside of a request.</returns>
    public static StoreBudget? OfRequest(TimeSpan? timeout)
    {
        if (Find(out var context) is { } request)
        {
            return request.Budget;
        }

        if (context is null || timeout is null)
        {
            return null;
        }

        var budget = new StoreBudget(timeout.Value, TimeProvider.System);
        context.Features[typeof(IBudgetedRequest)] = budget;
        return budget;
    }

    /// <summary>Begins a wait. <see cref="End"/> ends the wait.</summary>
    public void Begin() => Begin(time.GetTimestamp());

    /// <summary>Begins a wait that started earlier.</summary>
    /// <param name="started">The timestamp of the start.</param>
    public void Begin(long started)
    {
        lock (this)
        {
            if (_waiting++ == 0)
            {
                BeginAnew(started);
                _answered = started;
            }
        }
    }

    /// <summary>Returns how long a wait may last.</summary>
    /// <param name="wanted">How long the wait may last if enough is left.</param>
    public TimeSpan Limit(TimeSpan wanted)
    {
        lock (this)
        {
            var left = Left;
            return left > wanted ? wanted : left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Returns how long a wait may last that has no limit of its own.</summary>
    public TimeSpan Limit() => Limit(_total);

    /// <summary>Ends a wait.</summary>
    public void End()
    {
        lock (this)
        {
            CountPart();
            _waiting--;
        }
    }

    /// <summary>A queue that the request waits in has moved on.</summary>
    public void MoveOn()
    {
        lock (this)
        {
            CountPart();
        }
    }

    /// <summary>Throws when nothing is left, so that a call is not even sent.</summary>
    /// <exception cref="SessionStoreException">The request has waited too long.</exception>
    public void ThrowIfSpent()
    {
        lock (this)
        {
            if (_waiting == 0)
            {
                BeginAnew(time.GetTimestamp());
            }

            if (Left > TimeSpan.Zero)
            {
                return;
            }
        }

        throw Spend();
    }

    /// <summary>Spends what is left, because a wait has reached its limit. A timer may be a moment early.</summary>
    /// <returns>The exception to throw. It is no timeout of the store, so the calls that wait behind the call go
    /// on.</returns>
    public SessionStoreException Spend()
    {
        lock (this)
        {
            (_countedFrom, _waited) = (_countedFrom ?? time.GetTimestamp(), _total);
        }

        return new SessionStoreException(string.Create(
            CultureInfo.InvariantCulture,
            $"The request has waited for the session store for {_total.TotalSeconds:0.###} s altogether, which is "
            + $"twice {nameof(SessionManagerOptions.IOTimeout)}. Check the store, or raise "
            + $"{nameof(SessionManagerOptions.IOTimeout)}."))
        {
            IsBudgetSpent = true,
        };
    }

    private static IBudgetedRequest? Find(out HttpContext? context)
    {
        context = Accessor.HttpContext;
        try
        {
            return context?.Features[typeof(IBudgetedRequest)] as IBudgetedRequest;
        }
        catch (ObjectDisposedException)
        {
            // The work outlives its request, which has just ended.
            context = null;
            return null;
        }
    }

    private void BeginAnew(long now)
    {
        if (_countedFrom is not { } from || time.GetElapsedTime(from, now) >= _period)
        {
            (_countedFrom, _waited) = (now, TimeSpan.Zero);
        }
    }

    private void CountPart()
    {
        var now = time.GetTimestamp();
        var part = time.GetElapsedTime(_answered, now);
        _waited += part > _quick ? part : TimeSpan.Zero;
        _answered = now;
    }
}
