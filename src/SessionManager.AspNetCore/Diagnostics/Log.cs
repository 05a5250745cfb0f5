using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Every log event of the package, numbered once. The public id of a session may be logged; its token, secret, store key
/// and values never.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Sessions were set up in the store '{Store}': they end after {IdleTimeout} without use, and after {AbsoluteTimeout} at the latest.")]
    public static partial void Started(this ILogger logger, string store, TimeSpan idleTimeout, TimeSpan absoluteTimeout);

    [LoggerMessage(2, LogLevel.Warning, "Sessions were set up in the cache '{Cache}'. A plain cache has no compare-and-set: parallel requests of one session are merged exactly within this process, but between processes the moment from reading to writing is unguarded. Nor can it search: listing sessions, finding a user's, and MaxSessionsPerUser go by the sessions that this process has made or loaded; revoking a user's holds on every node. Use a native store for exact guarantees across nodes.")]
    public static partial void PlainCache(this ILogger logger, string cache);

    [LoggerMessage(3, LogLevel.Warning, "Sessions were set up in a memory cache of at most {SizeLimit} bytes. While it is full, a request whose session has no room in it is answered with 503. Set MemoryDistributedCacheOptions.SizeLimit to null or to what your sessions need.")]
    public static partial void LimitedMemoryCache(this ILogger logger, long sizeLimit);

    [LoggerMessage(4, LogLevel.Warning, "Sessions were set up in a memory cache that the application made itself, whose limit can't be seen. Unless its SizeLimit is null, it evicts sessions when it is full. Register the cache with AddDistributedMemoryCache, or set MemoryDistributedCacheOptions.SizeLimit to null and ignore this.")]
    public static partial void UnknownMemoryCache(this ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "Sessions were set up in the store '{Store}' in Production: they are gone when this process restarts, and no other node shares them. Use a native store, such as AddRedisStore, or register an IDistributedCache. Where sessions may be lost, set Logging:LogLevel:{Category} to Error.")]
    public static partial void MemoryInProduction(this ILogger logger, string store, string category);

    [LoggerMessage(6, LogLevel.Information, "A session was loaded for a static file and was not used: the files are served behind UseSessionManager. Call UseFileServer or UseStaticFiles before UseSessionManager, and files cost no call of the store. This is said once.")]
    public static partial void FilesBehind(this ILogger logger);

    // Of a dead cookie, 10 to 15: at their level once a session and minute, and otherwise at Debug.
    [LoggerMessage(EventId = 10, Message = "A session cookie was rejected: {Status}. {Remedy}")]
    public static partial void CookieRejected(this ILogger logger, LogLevel level, SessionCookieStatus status, string remedy);

    [LoggerMessage(EventId = 11, Message = "Session {SessionId} was not loaded: {Status}.")]
    public static partial void RecordMissing(this ILogger logger, LogLevel level, Guid sessionId, SessionLookupStatus status);

    [LoggerMessage(EventId = 12, Message = "Session {SessionId} was brought a token that had been replaced.")]
    public static partial void StaleToken(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(EventId = 13, Message = "Session {SessionId} had expired.")]
    public static partial void SessionExpired(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(EventId = 14, Message = "The record of session {SessionId} was rejected: it was damaged.")]
    public static partial void RecordRejected(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(EventId = 15, Message = "The record of session {SessionId} was left alone: it was written by a newer version of this library.")]
    public static partial void NewerRecord(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(16, LogLevel.Warning, "A value of session {SessionId} was rejected: it was damaged. It counts as absent.")]
    public static partial void ValueRejected(this ILogger logger, Guid sessionId);

    [LoggerMessage(17, LogLevel.Warning, "The value '{Key}' was stored as JSON that could not be read as '{Type}', so it counted as absent.")]
    public static partial void ValueUnreadable(this ILogger logger, string key, Type type);

    [LoggerMessage(19, LogLevel.Information, "Of {Count} session cookies '{Name}' with different values the one that opens a living session was taken. They are set for different paths or domains: expire the others under their own path and domain, or rename Cookie.Name.")]
    public static partial void OneCookieOfSeveralTaken(this ILogger logger, string name, int count);

    [LoggerMessage(36, LogLevel.Debug, "The session of request {TraceIdentifier} was loaded when it was used, and that use waited for the store: sessions of static files, and sessions in front of UseSessionManager, are not loaded in advance. Use the session behind the files and behind UseSessionManager.")]
    public static partial void LoadedAtUse(this ILogger logger, string traceIdentifier);

    [LoggerMessage(20, LogLevel.Information, "Session {SessionId} was created.")]
    public static partial void SessionCreated(this ILogger logger, Guid sessionId);

    [LoggerMessage(21, LogLevel.Information, "Session {SessionId} got a new token.")]
    public static partial void TokenRotated(this ILogger logger, Guid sessionId);

    [LoggerMessage(22, LogLevel.Information, "Session {SessionId} kept its token: another request had rotated it first.")]
    public static partial void RotationLost(this ILogger logger, Guid sessionId);

    [LoggerMessage(23, LogLevel.Information, "A user signed in to session {SessionId}.")]
    public static partial void SignedIn(this ILogger logger, Guid sessionId);

    [LoggerMessage(24, LogLevel.Information, "The user signed out of session {SessionId}.")]
    public static partial void SignedOut(this ILogger logger, Guid sessionId);

    [LoggerMessage(25, LogLevel.Information, "Session {SessionId} was ended: {Reason}.")]
    public static partial void SessionEnded(this ILogger logger, Guid sessionId, SessionEndReason reason);

    [LoggerMessage(26, LogLevel.Information, "A user signed out of session {SessionId}, which another request had changed meanwhile. What else the request had changed was not saved.")]
    public static partial void SignedOutAlready(this ILogger logger, Guid sessionId);

    [LoggerMessage(27, LogLevel.Information, "A sign-in to session {SessionId} began a fresh session, because another request had ended or changed that one.")]
    public static partial void SignInBeganFreshSession(this ILogger logger, Guid sessionId);

    [LoggerMessage(28, LogLevel.Information, "A sign-in to session {SessionId} was refused: the user has as many sessions as MaxSessionsPerUser allows.")]
    public static partial void SessionLimitReached(this ILogger logger, Guid sessionId);

    [LoggerMessage(29, LogLevel.Error, "The application's handler of the event '{Event}' threw on session {SessionId}. The request went on.")]
    public static partial void EventHandlerFailed(this ILogger logger, Exception exception, string @event, string sessionId);

    [LoggerMessage(30, LogLevel.Warning, "A change of session {SessionId} was refused and not saved: {Outcome}.")]
    public static partial void CommitRefused(this ILogger logger, Guid sessionId, SessionCommitOutcome outcome);

    [LoggerMessage(31, LogLevel.Error, "The session store failed on {Operation} of session {SessionId}. {Fault}")]
    public static partial void StoreFailed(this ILogger logger, string operation, Guid sessionId, string fault);

    [LoggerMessage(32, LogLevel.Error, "The changes of request {TraceIdentifier} could not be saved after its response had started, so the connection was aborted. {Fault}")]
    public static partial void SaveFailedAfterStart(this ILogger logger, string traceIdentifier, string fault);

    [LoggerMessage(33, LogLevel.Warning, "A write of session {SessionId} that had been given up on had not ended well before the next one: {Fault}. If it still arrives, it overwrites later changes.")]
    public static partial void UnfinishedWriteSettled(this ILogger logger, Guid sessionId, string fault);

    [LoggerMessage(34, LogLevel.Warning, "Nothing was stored: the session cookie is not essential (Cookie.IsEssential is false) and the user has not consented to tracking.")]
    public static partial void ConsentMissing(this ILogger logger);

    [LoggerMessage(35, LogLevel.Warning, "The session cookie '{Name}' is Secure, but it was set on plain http, where browsers drop it. Serve the application over https; behind a proxy that ends TLS, call UseForwardedHeaders before UseSessionManager.")]
    public static partial void SecureCookieOnPlainHttp(this ILogger logger, string name);

    [LoggerMessage(40, LogLevel.Error, "The changes of request {TraceIdentifier} could not be saved after its response had started, and its gRPC status says so. {Fault}")]
    public static partial void SaveFailedBeforeTrailers(this ILogger logger, string traceIdentifier, string fault);

    [LoggerMessage(41, LogLevel.Debug, "The handler of request {TraceIdentifier} failed, and gRPC or a request timeout answered for it, with the HTTP status {Status}. What it had changed and not saved was dropped.")]
    public static partial void CaughtFailure(this ILogger logger, string traceIdentifier, int status);

    [LoggerMessage(43, LogLevel.Error, "The application's CountsAsUse threw on request {TraceIdentifier}. The request counted as use.")]
    public static partial void CountsAsUseFailed(this ILogger logger, Exception exception, string traceIdentifier);

    [LoggerMessage(44, LogLevel.Warning, "Nothing was stored: the session cookie is SameSite=Strict and the request came from another site, so the browser may have a session whose cookie it did not send, and a new one would replace it. Store values on a request of this site, or set Cookie.SameSite to Lax.")]
    public static partial void CrossSiteSessionRefused(this ILogger logger);

    [LoggerMessage(53, LogLevel.Information, "The user of session {SessionId} began to act as another user.")]
    public static partial void ImpersonationBegan(this ILogger logger, Guid sessionId);

    [LoggerMessage(54, LogLevel.Information, "The user of session {SessionId} ceased to act as another user.")]
    public static partial void ImpersonationEnded(this ILogger logger, Guid sessionId);

    [LoggerMessage(55, LogLevel.Information, "A sign-in went on in session {SessionId}: another one of the same user had only just replaced its token. Both tokens open the session.")]
    public static partial void SignInWentOn(this ILogger logger, Guid sessionId);

    [LoggerMessage(48, LogLevel.Information, "A user was erased: {Count} sessions were ended, each of them with an event 25.")]
    public static partial void UserErased(this ILogger logger, int count);

    [LoggerMessage(49, LogLevel.Information, "The store '{Store}' can't tell which of its sessions have expired: OnEnded is raised for one whose token is brought again, and not for one that nobody comes back for.")]
    public static partial void ExpiryNotSwept(this ILogger logger, string store);

    [LoggerMessage(50, LogLevel.Error, "A search for expired sessions failed and was given up. The next one goes on. {Fault}")]
    public static partial void SweepFailed(this ILogger logger, string fault);

    [LoggerMessage(51, LogLevel.Warning, "Session {SessionId} had expired, and the application's handler of its end had not ended after {Patience}. The search for others went on without it.")]
    public static partial void HandlerNotWaitedFor(this ILogger logger, Guid sessionId, TimeSpan patience);

    [LoggerMessage(60, LogLevel.Warning, "A TempData entry of session {SessionId} was rejected: MVC's serializer could not read it ({Fault}). It counts as absent.")]
    public static partial void TempDataRejected(this ILogger logger, string sessionId, string fault);
}
