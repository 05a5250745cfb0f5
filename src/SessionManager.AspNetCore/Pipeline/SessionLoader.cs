using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>From the cookie to the living session, or to the reason why there is none. A request without a cookie never gets to the store.</summary>
internal sealed class SessionLoader(
    IOptions<SessionManagerOptions> options,
    ISessionRecordStore store,
    SessionCookie cookie,
    SessionLifetime lifetime,
    SessionClock clock,
    ILogger<SessionLoader> logger)
{
    public ValueTask<LoadedSession> LoadAsync(HttpRequest request, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        switch (cookie.Read(request, out var token))
        {
            case SessionCookieStatus.None:
                return new ValueTask<LoadedSession>(new LoadedSession(SessionPhase.Loaded));
            case SessionCookieStatus.WellFormed:
                return LoadRecordAsync(token, endpoint, cancellationToken);
            case var rejected:
                logger.CookieRejected(rejected);
                return new ValueTask<LoadedSession>(new LoadedSession(SessionPhase.Loaded, PreviousEnd: SessionEndReason.Invalid));
        }
    }

    private ValueTask<LoadedSession> LoadRecordAsync(SessionToken token, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        var touch = new SessionTouch(token.HashSecret(), clock.Now, Allowed: endpoint?.Touch != false);
        ValueTask<SessionLookup> lookup;
        try
        {
            lookup = store.LoadAsync(token.Id, touch, cancellationToken);
            if (lookup.IsCompletedSuccessfully)
            {
                return new ValueTask<LoadedSession>(Judge(token, lookup.Result, touch));
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new ValueTask<LoadedSession>(Failed(token, exception, endpoint));
        }

        return AwaitAsync(lookup, token, touch, endpoint, cancellationToken);
    }

    private async ValueTask<LoadedSession> AwaitAsync(
        ValueTask<SessionLookup> lookup, SessionToken token, SessionTouch touch, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return Judge(token, await lookup, touch);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(token, exception, endpoint);
        }
    }

    private LoadedSession Judge(SessionToken token, SessionLookup lookup, SessionTouch touch)
    {
        if (lookup.Record is not { } record)
        {
            LogMissing(token, lookup.Status);
            return Dead(lookup.EndReason ?? SessionEndReason.Invalid);
        }

        if (!CommitRules.SameHash(record.SecretHash, touch.SecretHash))
        {
            logger.StaleToken(token.Id);
            return Dead(SessionEndReason.Replaced);
        }

        if (lifetime.IsExpired(record, touch.Now))
        {
            logger.SessionExpired(token.Id);
            return Dead(SessionEndReason.Expired);
        }

        var due = touch.Allowed && !lookup.Touched && lifetime.IsTouchDue(record, touch.Now);
        return new LoadedSession(SessionPhase.Loaded, token, record, IsTouchDue: due);
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

    private static LoadedSession Dead(SessionEndReason reason) => new(SessionPhase.Loaded, PreviousEnd: reason);
}
