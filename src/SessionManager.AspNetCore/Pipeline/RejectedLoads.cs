using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Describes loads that open no session. Each result carries a report, which logs and counts the reason once
/// the request has accepted the result.</summary>
internal sealed class RejectedLoads(
    IOptions<SessionManagerOptions> options,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionMetrics metrics,
    OutageLog outages,
    ILogger<SessionLoader> logger)
{
    // Stands for the session of an ambiguous cookie, which has none.
    private static readonly Guid Ambiguous = new(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private readonly RecentEvents _recent = new();

    /// <summary>Returns the state of a load that failed, which depends on the endpoint.</summary>
    public LoadState StateAfterFailure(SessionAttribute? endpoint) =>
        (endpoint?.ChosenStoreFailureMode ?? options.Value.StoreFailureMode) == StoreFailureMode.Anonymous
            ? LoadState.Anonymous
            : LoadState.Failed;

    /// <summary>The store failed.</summary>
    public LoadedSession Failed(SessionToken token, Exception exception, SessionAttribute? endpoint) =>
        new(StateAfterFailure(endpoint), Failure: exception.Message, Report: () => ReportFailure(token.Id, exception));

    /// <summary>The cookie was malformed or ambiguous.</summary>
    public LoadedSession Rejected(SessionCookieStatus status) =>
        new(LoadState.Loaded, PreviousEnd: SessionEndReason.Invalid, Report: () => ReportCookie(status));

    /// <summary>The store has no session that can be read.</summary>
    public LoadedSession Missing(SessionToken token, SessionLookupStatus status, SessionEndReason reason) =>
        new(LoadState.Loaded, PreviousEnd: reason, Report: () => ReportMissing(token, status));

    /// <summary>The session has ended, but its record is still stored.</summary>
    public LoadedSession Dead(SessionToken token, SessionRecord lost, SessionEndReason reason, string countedAs) => new(
        LoadState.Loaded,
        token,
        PreviousEnd: reason,
        Lost: lost,
        Report: () => ReportDead(token, reason, countedAs));

    /// <summary>Another token has replaced the token, which opens nothing, however recently it was replaced.</summary>
    public LoadedSession Replaced(
        SessionToken token, in SessionLookup lookup, SessionRecord record, in TokenUse use) =>
        Dead(token, record, SessionEndReason.Replaced, "replaced") with
        {
            IsRecognised = lookup.EndReason is null
                && record.WasReplaced(use.SecretHash, use.Now)
                && !lifetime.IsExpired(record, use.Now),
        };

    /// <summary>Logs a failure of the store.</summary>
    public void ReportFailure(Guid id, Exception exception) => outages.RequestFailed("load", id, exception);

    /// <summary>Logs and counts a malformed or ambiguous cookie.</summary>
    public void ReportCookie(SessionCookieStatus status)
    {
        var ambiguous = status == SessionCookieStatus.Ambiguous;
        metrics.CookieRejected(ambiguous ? "ambiguous" : "malformed");
        var level = LevelOf(10, ambiguous ? Ambiguous : default);
        logger.CookieRejected(level, status, ambiguous
            ? "Several came with different values, set for different paths or domains, and not exactly one of them "
                + "opens a living session. Expire the one that is not used any more under its own path and domain, or "
                + "rename Cookie.Name."
            : "It is not one of this application's.");
    }

    /// <summary>Logs that one cookie of several opened a session.</summary>
    public void ReportOneOfSeveral(int count) =>
        logger.OneCookieOfSeveralTaken(options.Value.Cookie.Name!, count);

    private void ReportMissing(SessionToken token, SessionLookupStatus status)
    {
        metrics.CookieRejected(status switch
        {
            SessionLookupStatus.Ended => "ended",
            SessionLookupStatus.Unreadable => "damaged",
            SessionLookupStatus.Newer => "newer",
            _ => "unknown",
        });
        LogLevel level;
        switch (status)
        {
            case SessionLookupStatus.Unreadable:
                level = LevelOf(14, token.Id, LogLevel.Warning);
                logger.RecordRejected(level, token.Id);
                break;
            case SessionLookupStatus.Newer:
                level = LevelOf(15, token.Id, LogLevel.Warning);
                logger.NewerRecord(level, token.Id);
                break;
            default:
                level = LevelOf(11, token.Id);
                logger.RecordMissing(level, token.Id, status);
                break;
        }
    }

    private void ReportDead(SessionToken token, SessionEndReason reason, string countedAs)
    {
        metrics.CookieRejected(countedAs);
        LogLevel level;
        switch (reason)
        {
            case SessionEndReason.Replaced:
                level = LevelOf(12, token.Id);
                logger.StaleToken(level, token.Id);
                break;
            case SessionEndReason.Expired:
                level = LevelOf(13, token.Id);
                logger.SessionExpired(level, token.Id);
                break;
        }
    }

    // A browser sends a dead cookie with every request.
    private LogLevel LevelOf(int eventId, Guid sessionId) => LevelOf(eventId, sessionId, LogLevel.Information);

    private LogLevel LevelOf(int eventId, Guid sessionId, LogLevel level) =>
        _recent.IsFirst(eventId, sessionId, clock.Now) ? level : LogLevel.Debug;
}
