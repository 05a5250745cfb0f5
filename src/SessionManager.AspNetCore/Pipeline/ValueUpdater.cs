using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Changes one value atomically. The change is committed only if the stored value has not changed since it was
/// read. Otherwise, the change is computed again. In one process, the calls for a session wait in a queue, so that no
/// call starves.</summary>
internal sealed class ValueUpdater(
    IOptions<SessionManagerOptions> options,
    SessionRepository sessions,
    SessionSaver saver,
    SessionGuard guard,
    SessionView view,
    SessionEdits edits,
    SessionCookie cookie,
    SessionClock clock,
    OutageLog outages,
    ILogger<ValueUpdater> logger)
{
    private readonly SessionManagerOptions _options = options.Value;
    private readonly KeyedLock<RequestSession> _turns = new();

    // The session whose value the application's code changes in this flow. A nested call must not wait for itself.
    private readonly AsyncLocal<RequestSession?> _updating = new();

    /// <summary>Replaces a value by the result of <paramref name="change"/>; <see langword="null"/> removes the
    /// value.</summary>
    /// <param name="session">The request's session.</param>
    /// <param name="key">The key.</param>
    /// <param name="begins">Whether the call begins a session when there is none.</param>
    /// <param name="change">The change, which may run more than once.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    public async ValueTask RunAsync(
        RequestSession session,
        string key,
        bool begins,
        Func<SessionValue?, SessionValue?> change,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        guard.Watch(session);
        if (!SessionKey.TryMeasure(key, out _) && !begins)
        {
            // A key that can't be stored is absent. A search would find another key with the same bytes.
            return;
        }

        SessionKey.Measure(key, begins ? _options.MaxKeyBytes : int.MaxValue);
        await saver.SaveAsync(session, cancellationToken);
        while (session.Record is null)
        {
            if (!begins || await TryBeginAsync(session, key, change, cancellationToken))
            {
                return;
            }
        }

        var record = session.Record;
        if (cookie.IsConsentMissing(session.Context))
        {
            logger.ConsentMissing();
            Compute(session, change, ValueOf(record, key));
            return;
        }

        if (ReferenceEquals(_updating.Value, session))
        {
            // A nested call within another change of the session would wait for itself.
            await UpdateAsync(session, record, key, change, cancellationToken);
            return;
        }

        await _turns.EnterAsync(record.Id, cancellationToken);
        var hanging = false;
        try
        {
            await UpdateAsync(session, record, key, change, cancellationToken);
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            _turns.Leave(record.Id, hanging, session, static _ => null);
        }
    }

    // Returns whether the value was set. Another thread of the request may have begun the session first.
    private async ValueTask<bool> TryBeginAsync(
        RequestSession session,
        string key,
        Func<SessionValue?, SessionValue?> change,
        CancellationToken cancellationToken)
    {
        SessionValue? seen = view.TryGet(session, key, out var there) ? there : null;
        var done = Compute(session, change, seen) is not { } first || edits.TryBegin(session, key, seen, first);
        await saver.SaveAsync(session, cancellationToken);
        return done;
    }

    private async ValueTask UpdateAsync(
        RequestSession session,
        SessionRecord record,
        string key,
        Func<SessionValue?, SessionValue?> change,
        CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        while (true)
        {
            var current = ValueOf(record, key);
            var next = Compute(session, change, current);
            if (next is null && current is null)
            {
                return;
            }

            if (next is { } value)
            {
                // These values are not saved. They only check the limits against the session that the request sees.
                new DraftValues(session.Record).Set(
                    key, SessionKey.Measure(key, _options.MaxKeyBytes), value, limits: _options);
            }

            var result = await CommitAsync(session, record.Id, key, current, next, cancellationToken);
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                return;
            }

            if (result.Outcome != SessionCommitOutcome.Conflict)
            {
                logger.CommitRefused(record.Id, result.Outcome);
                throw CaughtFailure.Noted(session.Context, SessionErrors.NotUpdated());
            }

            if (Environment.TickCount64 - started > _options.IOTimeout.TotalMilliseconds)
            {
                throw CaughtFailure.Noted(session.Context, SessionErrors.KeepsChanging(key));
            }

            record = result.Before!;
        }
    }

    // The call takes the turn of the request's saves, so a parallel sign-in of the same request does not conflict.
    private async ValueTask<SessionCommitResult> CommitAsync(
        RequestSession session,
        Guid id,
        string key,
        SessionValue? current,
        SessionValue? next,
        CancellationToken cancellationToken)
    {
        await session.Changes.EnterAsync(cancellationToken);
        Exception? failure = null;
        try
        {
            if (session.Record is not { } record || record.Id != id)
            {
                return new SessionCommitResult(SessionCommitOutcome.Gone);
            }

            var commit = new SessionCommit
            {
                Id = id,
                Now = clock.Now,
                Base = record,
                BroughtHash = session.BroughtHash(record),
                Touches = session.Touches,
                Values = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal) { [key] = next?.Stored },
                ExpectedKey = key,
                ExpectedValue = current,
            };
            var result = await sessions.CommitAsync(commit, cancellationToken);
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                session.Refresh(result.AfterOf(commit));
            }

            return result;
        }
        catch (Exception exception)
        {
            failure = CaughtFailure.Noted(session.Context, exception);
            if (exception is SessionStoreException)
            {
                outages.RequestFailed("commit", id, exception);
            }

            throw;
        }
        finally
        {
            session.Changes.EndTurn(failure);
        }
    }

    private SessionValue? Compute(
        RequestSession session, Func<SessionValue?, SessionValue?> change, SessionValue? current)
    {
        var outer = _updating.Value;
        _updating.Value = session;
        try
        {
            return change(current);
        }
        finally
        {
            _updating.Value = outer;
        }
    }

    private static SessionValue? ValueOf(SessionRecord record, string key) =>
        record.TryGetValue(key, out var value) ? value : null;
}
