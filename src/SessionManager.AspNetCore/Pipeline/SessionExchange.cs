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
        var nested = ReferenceEquals(session.Pipeline.Exchanging.Value, session);
        session.Watch();
        await SessionSaver.SaveAsync(session, cancellationToken);
        if (session.Record is not { } record)
        {
            if (begins && change(null) is { } first)
            {
                session.Set(key, first);
                await SessionSaver.SaveAsync(session, cancellationToken);
            }

            return;
        }

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
                new SessionDraft(session.Record).Set(key, SessionKey.Measure(key, pipeline.Options.MaxKeyBytes), value, pipeline.Options);
            }

            var commit = new SessionCommit
            {
                Id = record.Id,
                Now = pipeline.Now,
                Generation = record.Generation,
                Touches = session.Touches,
                Values = new Dictionary<string, SessionValue?>(StringComparer.Ordinal) { [key] = next },
                ExpectedKey = key,
                ExpectedValue = current,
            };
            var result = await CommitAsync(pipeline, commit, cancellationToken);
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                session.Adopt(CommitRules.Apply(session.Record ?? record, commit, secretChanged: false), session.Token);
                session.Draft?.Rebase(session.Record!);
                return;
            }

            if (result.Outcome != SessionCommitOutcome.Conflict)
            {
                pipeline.Logger.CommitRefused(record.Id, result.Outcome);
                throw new SessionEndedException("The session ended, or changed its user, while the request was running, so the value was not changed.");
            }

            if (Environment.TickCount64 - started > pipeline.Options.IOTimeout.TotalMilliseconds)
            {
                throw new SessionStoreException($"The value '{SessionKey.Printable(key)}' kept changing. Change it less often, or raise IOTimeout.");
            }

            current = result.CurrentValue;
        }
    }

    private static async ValueTask<SessionCommitResult> CommitAsync(SessionPipeline pipeline, SessionCommit commit, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.Store.CommitAsync(commit, cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            pipeline.Logger.StoreFailed("commit", commit.Id, exception.Message);
            throw;
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
