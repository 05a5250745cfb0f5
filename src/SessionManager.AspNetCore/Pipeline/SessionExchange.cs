using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Changes one value atomically: it is committed only if it still is what the change was computed from, and computed
/// again otherwise. Calls on one session queue within the process, so that they don't starve each other.</summary>
internal static class SessionExchange
{
    /// <summary>Replaces a value by what <paramref name="change"/> makes of it; <see langword="null"/> removes it.</summary>
    public static async ValueTask RunAsync(
        RequestSession session, string key, bool begins, Func<SessionValue?, SessionValue?> change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        session.Watch();
        if (!SessionKey.TryMeasure(key, out _) && !begins)
        {
            // A key that can't be stored is absent. Sought all the same, it would be found under another one's bytes.
            return;
        }

        SessionKey.Measure(key, begins ? session.Pipeline.Options.MaxKeyBytes : int.MaxValue);
        await SessionSaver.SaveAsync(session, cancellationToken);
        while (session.Record is null)
        {
            if (!begins)
            {
                return;
            }

            SessionValue? seen = session.TryGet(key, out var there) ? there : null;
            if (Change(session, change, seen) is not { } first || session.TryBegin(key, seen, first))
            {
                await SessionSaver.SaveAsync(session, cancellationToken);
                return;
            }

            // Another thread of this request was faster.
            await SessionSaver.SaveAsync(session, cancellationToken);
        }

        var record = session.Record;
        if (SessionSaver.IsConsentMissing(session))
        {
            session.Pipeline.Logger.ConsentMissing();
            Change(session, change, record.Values.TryGetValue(key, out var kept) ? kept : null);
            return;
        }

        var nested = ReferenceEquals(session.Pipeline.Exchanging.Value, session);
        if (nested)
        {
            // From within the change of another one: waiting for that would be waiting for itself.
            await ExchangeAsync(session, record, key, change, cancellationToken);
            return;
        }

        await session.Pipeline.Updates.RunAsync(
            record.Id,
            (session, record, key, change),
            static async (exchange, token) =>
            {
                await ExchangeAsync(exchange.session, exchange.record, exchange.key, exchange.change, token);
                return true;
            },
            cancellationToken);
    }

    private static async ValueTask ExchangeAsync(
        RequestSession session, SessionRecord record, string key, Func<SessionValue?, SessionValue?> change, CancellationToken cancellationToken)
    {
        var pipeline = session.Pipeline;
        var started = Environment.TickCount64;
        SessionValue? current = record.Values.TryGetValue(key, out var seen) ? seen : null;
        while (true)
        {
            var next = Change(session, change, current);
            if (next is null && current is null)
            {
                return;
            }

            if (next is { } value)
            {
                // Not to be saved: it checks the limits against what this request sees.
                new SessionDraft(session.Record).ThrowIfExceeded(key, SessionKey.Measure(key, pipeline.Options.MaxKeyBytes), value, pipeline.Options);
            }

            var result = await CommitAsync(session, record.Id, key, current, next, cancellationToken);
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                return;
            }

            if (result.Outcome != SessionCommitOutcome.Conflict)
            {
                pipeline.Logger.CommitRefused(record.Id, result.Outcome);
                throw CaughtFailure.Noted(
                    session.Context,
                    new SessionEndedException("The session ended, or changed its user, while the request was running, so the value was not changed."));
            }

            if (Environment.TickCount64 - started > pipeline.Options.IOTimeout.TotalMilliseconds)
            {
                throw CaughtFailure.Noted(
                    session.Context,
                    new SessionStoreException($"The value '{SessionKey.Printable(key)}' kept changing. Change it less often, or raise IOTimeout."));
            }

            current = result.CurrentValue;
        }
    }

    // In the turn of the request's saves: its own sign-in beside this does not count as another's.
    private static async ValueTask<SessionCommitResult> CommitAsync(
        RequestSession session, Guid id, string key, SessionValue? current, SessionValue? next, CancellationToken cancellationToken)
    {
        await SessionSaver.EnterAsync(session.Changes, cancellationToken);
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
                Now = session.Pipeline.Now,
                Generation = record.Generation,
                Touches = session.Touches,
                Values = new Dictionary<string, SessionValue?>(StringComparer.Ordinal) { [key] = next },
                ExpectedKey = key,
                ExpectedValue = current,
            };
            var result = await session.Pipeline.Store.CommitAsync(commit, cancellationToken);
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                session.Refresh(CommitRules.Apply(record, commit, secretChanged: false));
            }

            return result;
        }
        catch (Exception exception)
        {
            failure = CaughtFailure.Noted(session.Context, exception);
            if (exception is SessionStoreException)
            {
                session.Pipeline.Logger.StoreFailed("commit", id, exception.Message);
            }

            throw;
        }
        finally
        {
            session.Changes.EndTurn(failure);
        }
    }

    private static SessionValue? Change(RequestSession session, Func<SessionValue?, SessionValue?> change, SessionValue? current)
    {
        var exchanging = session.Pipeline.Exchanging;
        var outer = exchanging.Value;
        exchanging.Value = session;
        try
        {
            return change(current);
        }
        finally
        {
            exchanging.Value = outer;
        }
    }
}
