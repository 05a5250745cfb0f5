using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>From the cookie to the living session, or to the reason why there is none. A request without a cookie never gets to the store.</summary>
internal sealed class SessionLoader(
    IOptions<SessionManagerOptions> options,
    ObservedStore store,
    SessionCookie cookie,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEvents events,
    SessionEnding ending,
    SessionMetrics metrics,
    ILogger<SessionLoader> logger) : IDisposable
{
    // One for each thread: it is not for several at once.
    private readonly ThreadLocal<IncrementalHash> _sha256 = new(static () => IncrementalHash.CreateHash(HashAlgorithmName.SHA256));

    /// <summary>Loads a request's session into it.</summary>
    public ValueTask LoadAsync(RequestSession session, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        switch (cookie.Read(session.Context, out var token))
        {
            case SessionCookieStatus.None:
                return session.AcceptAsync(new LoadedSession(SessionPhase.Loaded));
            case SessionCookieStatus.WellFormed:
                return LoadRecordAsync(session, token, endpoint, cancellationToken);
            case var rejected:
                logger.CookieRejected(rejected);
                metrics.CookieRejected(rejected == SessionCookieStatus.Ambiguous ? "ambiguous" : "malformed");
                return session.AcceptAsync(new LoadedSession(SessionPhase.Loaded, PreviousEnd: SessionEndReason.Invalid));
        }
    }

    public void Dispose() => _sha256.Dispose();

    private ValueTask LoadRecordAsync(RequestSession session, SessionToken token, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        var touch = new SessionTouch(token.HashSecret(_sha256.Value!), clock.Now, Allowed: endpoint?.Touch != false);
        LoadedSession loaded;
        try
        {
            var lookup = store.LoadAsync(token.Id, touch, cancellationToken);
            if (!lookup.IsCompletedSuccessfully)
            {
                return AwaitAsync(session, lookup, token, touch, endpoint, cancellationToken);
            }

            loaded = Judge(token, lookup.Result, touch);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            loaded = Failed(token, exception, endpoint);
        }

        return loaded.Lost is null ? session.AcceptAsync(loaded) : NoticeAsync(loaded, session);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(
        RequestSession session,
        ValueTask<SessionLookup> lookup,
        SessionToken token,
        SessionTouch touch,
        SessionAttribute? endpoint,
        CancellationToken cancellationToken)
    {
        LoadedSession loaded;
        try
        {
            loaded = Judge(token, await lookup, touch);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            loaded = Failed(token, exception, endpoint);
        }

        await (loaded.Lost is null ? session.AcceptAsync(loaded) : NoticeAsync(loaded, session));
    }

    private LoadedSession Judge(SessionToken token, SessionLookup lookup, SessionTouch touch)
    {
        if (lookup.Record is not { } record)
        {
            LogMissing(token, lookup.Status);
            return new LoadedSession(SessionPhase.Loaded, PreviousEnd: lookup.EndReason ?? SessionEndReason.Invalid);
        }

        if (record.AgeOf(touch.SecretHash, touch.Now) is not { } age)
        {
            logger.StaleToken(token.Id);
            metrics.CookieRejected("replaced");
            return Dead(record, SessionEndReason.Replaced);
        }

        if (lifetime.IsExpired(record, touch.Now))
        {
            logger.SessionExpired(token.Id);
            metrics.CookieRejected("expired");
            return Dead(record, SessionEndReason.Expired);
        }

        if (lookup.EndReason is { } ended)
        {
            metrics.CookieRejected("ended");
            return Dead(record, ended);
        }

        var due = touch.Allowed && !lookup.Touched && lifetime.IsTouchDue(record, touch.Now);
        return new LoadedSession(SessionPhase.Loaded, token, record, IsTouchDue: due, TokenAge: age);
    }

    // An end that is found here is an end from now on: it is remembered, and the application is told.
    private async ValueTask NoticeAsync(LoadedSession loaded, RequestSession session)
    {
        var lost = loaded.Lost!;
        if (loaded.PreviousEnd != SessionEndReason.Replaced)
        {
            await ending.NoticeAsync(lost, loaded.PreviousEnd!.Value, session.Context);
        }
        else if (await events.StaleTokenAsync(lost, session.Context))
        {
            await ending.NoticeAsync(lost, SessionEndReason.Revoked, session.Context);
        }

        await session.AcceptAsync(loaded with { Lost = null });
    }

    private LoadedSession Failed(SessionToken token, Exception exception, SessionAttribute? endpoint)
    {
        logger.StoreFailed("load", token.Id, exception.Message);
        var mode = endpoint?.ChosenStoreFailureMode ?? options.Value.StoreFailureMode;
        var phase = mode == StoreFailureMode.Anonymous ? SessionPhase.Anonymous : SessionPhase.Failed;
        return new LoadedSession(phase, Failure: exception.Message);
    }

    private void LogMissing(SessionToken token, SessionLookupStatus status)
    {
        metrics.CookieRejected(status switch
        {
            SessionLookupStatus.Ended => "ended",
            SessionLookupStatus.Unreadable => "damaged",
            SessionLookupStatus.Newer => "newer",
            _ => "unknown",
        });
        switch (status)
        {
            case SessionLookupStatus.Unreadable:
                logger.RecordRejected(token.Id);
                break;
            case SessionLookupStatus.Newer:
                logger.NewerRecord(token.Id);
                break;
            default:
                logger.RecordMissing(token.Id, status);
                break;
        }
    }

    private static LoadedSession Dead(SessionRecord lost, SessionEndReason reason) => new(SessionPhase.Loaded, PreviousEnd: reason, Lost: lost);
}
