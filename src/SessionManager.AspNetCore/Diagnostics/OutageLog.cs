using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>
/// Logs the failures of the store as outages: the begin of an outage with its reason, a count each minute, and the end.
/// Each failed request is logged at Debug. An operation that begins to fail while the others work is logged once in an
/// outage. An outage ends with the first success of an operation that failed. An outage that begins within a minute of
/// the last one ends after a minute without a failure, so a store that fails now and then is a few lines a minute.
/// </summary>
internal sealed class OutageLog(SessionClock clock, ILogger<OutageLog> logger)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // The operations that have failed in this outage, and whether the log has a line of each.
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private volatile bool _isOpen;
    private volatile int _number;
    private bool _othersWork;
    private bool _recurs;
    private DateTimeOffset _began;
    private DateTimeOffset _failedLast;
    private DateTimeOffset _counted;
    private DateTimeOffset? _ended;
    private long _failures;
    private long _uncounted;

    /// <summary>Whether there is an outage.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>The number of the outage. A call that began before the last outage ended, and fails after the end, is
    /// part of that outage.</summary>
    public int Number => _number;

    /// <summary>A call of the store succeeded.</summary>
    public void Succeeded(string operation)
    {
        if (_isOpen)
        {
            End(operation);
        }
    }

    /// <summary>A call of the store failed.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="exception">The failure. A cancellation by the caller is none.</param>
    /// <param name="number">The number of the outage when the call began.</param>
    public void Failed(string operation, Exception exception, int number)
    {
        if (exception is OperationCanceledException)
        {
            return;
        }

        var fault = exception.GetType().Name;
        if (exception is SessionStoreException failure)
        {
            fault = failure.Message;
            failure.IsCounted = true;
        }

        Count(operation, fault, number);
    }

    /// <summary>A request failed because of the store. A failure that no call of the store has counted is counted:
    /// that of a request that waited behind the call, or that changed a session that kept changing.</summary>
    public void RequestFailed(string operation, Guid sessionId, Exception exception)
    {
        logger.RequestFailed(operation, sessionId, exception.Message);
        if (exception is SessionStoreException { IsCounted: false } failure)
        {
            failure.IsCounted = true;
            Count(operation, failure.Message, _number);
        }
    }

    private void Count(string operation, string fault, int number)
    {
        lock (_lock)
        {
            var now = clock.Now;
            if (!_isOpen)
            {
                if (number == _number)
                {
                    Begin(operation, fault, now);
                }

                return;
            }

            (_failedLast, _failures, _uncounted) = (now, _failures + 1, _uncounted + 1);
            if (_failing.Add(operation) && _othersWork)
            {
                logger.StoreFailed(operation, fault);
            }
            else if (now - _counted >= Minute)
            {
                logger.StoreStillFails(_uncounted, now - _counted, string.Join(", ", _failing), fault);
                (_counted, _uncounted) = (now, 0);
            }
        }
    }

    private void Begin(string operation, string fault, DateTimeOffset now)
    {
        _failing.Clear();
        _failing.Add(operation);
        (_othersWork, _recurs) = (false, now - _ended < Minute);
        (_began, _failedLast, _counted) = (now, now, now);
        (_failures, _uncounted) = (1, 1);
        _isOpen = true;
        logger.StoreFailed(operation, fault);
    }

    private void End(string operation)
    {
        lock (_lock)
        {
            if (!_isOpen)
            {
                return;
            }

            if (!_failing.Contains(operation))
            {
                _othersWork = true;
                return;
            }

            var now = clock.Now;
            if (_recurs && now - _failedLast < Minute)
            {
                return;
            }

            (_isOpen, _ended) = (false, now);
            _number++;
            logger.StoreRecovered(now - _began, _failures);
        }
    }
}
