using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Pipeline;

using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>The log events of the package, each with a number of its own. The public id of a session may be logged. Its
/// token, its secret, its store key and its values are never logged.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information,
        "Sessions were set up in the store '{Store}'. They end after {IdleTimeout} without use, and after "
        + "{AbsoluteTimeout} in any case.")]
    public static partial void Started(
        this ILogger logger, string store, TimeSpan idleTimeout, TimeSpan absoluteTimeout);

    [LoggerMessage(2, LogLevel.Warning,
        "Sessions were set up in the cache '{Cache}', which has no compare-and-set and no search. Parallel "
        + "requests of one session are merged exactly within this process. Between processes, the moment from "
        + "reading to writing is unguarded. Listing all sessions knows the sessions that this process has created or "
        + "loaded. When two processes sign a user in at the same moment, finding the sessions of the user and "
        + "MaxSessionsPerUser may miss one of them. Revoking the sessions of a user holds on every node. Use a native "
        + "store for exact guarantees across nodes.")]
    public static partial void PlainCache(this ILogger logger, string cache);

    [LoggerMessage(3, LogLevel.Warning,
        "Sessions were set up in a memory cache of at most {SizeLimit} bytes. When the cache is full, a request "
        + "whose session does not fit is answered with 503. Set MemoryDistributedCacheOptions.SizeLimit to null or "
        + "to the size that your sessions need.")]
    public static partial void LimitedMemoryCache(this ILogger logger, long sizeLimit);

    [LoggerMessage(4, LogLevel.Warning,
        "Sessions were set up in a memory cache that the application created itself, so its size limit is not "
        + "known. If the cache has a limit, it evicts sessions when it is full. Register the cache with "
        + "AddDistributedMemoryCache, or set MemoryDistributedCacheOptions.SizeLimit to null and ignore this event.")]
    public static partial void UnknownMemoryCache(this ILogger logger);

    [LoggerMessage(5, LogLevel.Warning,
        "Sessions were set up in the store '{Store}' in Production. They are lost when this process restarts, and "
        + "no other node shares them. Use a native store, such as AddRedisStore, or register an IDistributedCache. "
        + "Where sessions may be lost, set Logging:LogLevel:{Category} to Error.")]
    public static partial void MemoryInProduction(this ILogger logger, string store, string category);

    [LoggerMessage(6, LogLevel.Information,
        "A session was loaded for a static file and was not used, because the file is served after "
        + "UseSessionManager. Call UseFileServer or UseStaticFiles before UseSessionManager to serve files without a "
        + "call of the store. This event is written once.")]
    public static partial void StaticFileNotice(this ILogger logger);

    // Events 10 to 15 are about a dead cookie. Each is written at its level once a minute for a session, and otherwise
    // at Debug.
    [LoggerMessage(EventId = 10, Message = "A session cookie was rejected: {Status}. {Remedy}")]
    public static partial void CookieRejected(
        this ILogger logger, LogLevel level, SessionCookieStatus status, string remedy);

    [LoggerMessage(EventId = 11, Message = "Session {SessionId} was not loaded: {Status}.")]
    public static partial void RecordMissing(
        this ILogger logger, LogLevel level, Guid sessionId, SessionLookupStatus status);

    [LoggerMessage(EventId = 12, Message = "A request brought a token of session {SessionId} that had been replaced.")]
    public static partial void StaleToken(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(EventId = 13, Message = "Session {SessionId} had expired.")]
    public static partial void SessionExpired(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(EventId = 14, Message = "The record of session {SessionId} was rejected, because it was damaged.")]
    public static partial void RecordRejected(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(EventId = 15,
        Message = "The record of session {SessionId} was left unchanged, because a newer version of this library "
            + "wrote it.")]
    public static partial void NewerRecord(this ILogger logger, LogLevel level, Guid sessionId);

    [LoggerMessage(16, LogLevel.Warning, "A value of session {SessionId} was damaged, so it counted as absent.")]
    public static partial void ValueRejected(this ILogger logger, Guid sessionId);

    [LoggerMessage(17, LogLevel.Warning,
        "The value '{Key}' was stored as JSON that could not be read as '{Type}', so it counted as absent.")]
    public static partial void ValueUnreadable(this ILogger logger, string key, Type type);

    [LoggerMessage(19, LogLevel.Information,
        "The request had several session cookies '{Name}' with different values, {Count} of them well-formed, and the "
        + "cookie that opens a living session was used. The cookies were set for different paths or domains. Expire "
        + "the other cookies under their own path and domain, or rename Cookie.Name.")]
    public static partial void OneCookieOfSeveralTaken(this ILogger logger, string name, int count);

    [LoggerMessage(36, LogLevel.Debug,
        "The session of request {TraceIdentifier} was loaded at its first use, which waited for the store. "
        + "Sessions are not loaded in advance for static files and before UseSessionManager. Use the session after "
        + "the middleware that serves files and after UseSessionManager.")]
    public static partial void LoadedAtUse(this ILogger logger, string traceIdentifier);

    [LoggerMessage(20, LogLevel.Information, "Session {SessionId} was created.")]
    public static partial void SessionCreated(this ILogger logger, Guid sessionId);

    [LoggerMessage(21, LogLevel.Information, "Session {SessionId} got a new token.")]
    public static partial void TokenRotated(this ILogger logger, Guid sessionId);

    [LoggerMessage(22, LogLevel.Information,
        "Session {SessionId} kept its token, because another request had replaced it first.")]
    public static partial void RotationLost(this ILogger logger, Guid sessionId);

    [LoggerMessage(23, LogLevel.Information, "A user signed in to session {SessionId}.")]
    public static partial void SignedIn(this ILogger logger, Guid sessionId);

    [LoggerMessage(24, LogLevel.Information, "The user signed out of session {SessionId}.")]
    public static partial void SignedOut(this ILogger logger, Guid sessionId);

    [LoggerMessage(25, LogLevel.Information, "Session {SessionId} was ended: {Reason}.")]
    public static partial void SessionEnded(this ILogger logger, Guid sessionId, SessionEndReason reason);

    [LoggerMessage(26, LogLevel.Information,
        "The user signed out of session {SessionId}, which another request had changed meanwhile. The other "
        + "changes of the request were not saved.")]
    public static partial void SignedOutAlready(this ILogger logger, Guid sessionId);

    [LoggerMessage(27, LogLevel.Information,
        "A sign-in to session {SessionId} began a new session, because another request had ended or changed "
        + "session {SessionId}.")]
    public static partial void SignInBeganFreshSession(this ILogger logger, Guid sessionId);

    [LoggerMessage(28, LogLevel.Information,
        "A sign-in to session {SessionId} was refused, because the user has as many sessions as MaxSessionsPerUser "
        + "allows.")]
    public static partial void SessionLimitReached(this ILogger logger, Guid sessionId);

    [LoggerMessage(29, LogLevel.Error,
        "The application's handler of the event '{Event}' threw on session {SessionId}. The request went on.")]
    public static partial void EventHandlerFailed(
        this ILogger logger, Exception exception, string @event, string sessionId);

    [LoggerMessage(30, LogLevel.Warning, "A change of session {SessionId} was refused and not saved: {Outcome}.")]
    public static partial void CommitRefused(this ILogger logger, Guid sessionId, SessionCommitOutcome outcome);

    // Events 31, 37 and 38 are about an outage, and event 39 about each request of the outage.
    [LoggerMessage(31, LogLevel.Error, "The session store began to fail on {Operation}. {Fault}")]
    public static partial void StoreFailed(this ILogger logger, string operation, string fault);

    [LoggerMessage(37, LogLevel.Warning,
        "The session store failed {Count} times in the last {Elapsed}, on {Operations}. {Fault}")]
    public static partial void StoreStillFails(
        this ILogger logger, long count, TimeSpan elapsed, string operations, string fault);

    [LoggerMessage(38, LogLevel.Warning, "The session store works again. It failed {Count} times within {Elapsed}.")]
    public static partial void StoreRecovered(this ILogger logger, TimeSpan elapsed, long count);

    [LoggerMessage(39, LogLevel.Debug, "The session store failed on {Operation} of session {SessionId}. {Fault}")]
    public static partial void RequestFailed(this ILogger logger, string operation, Guid sessionId, string fault);

    // Events 32 and 40 are written at Debug when the store failed, because event 31 is about all such requests.
    [LoggerMessage(EventId = 32,
        Message = "The changes of request {TraceIdentifier} could not be saved after its response had started, so the "
            + "connection was aborted. {Fault}")]
    public static partial void SaveFailedAfterStart(
        this ILogger logger, LogLevel level, string traceIdentifier, string fault);

    [LoggerMessage(33, LogLevel.Warning,
        "A write of session {SessionId} was abandoned, and had not succeeded when the next write began: {Fault}. "
        + "If the abandoned write still arrives, it overwrites later changes.")]
    public static partial void UnfinishedWriteSettled(this ILogger logger, Guid sessionId, string fault);

    [LoggerMessage(34, LogLevel.Warning,
        "Nothing was stored, because the session cookie is not essential (Cookie.IsEssential is false) and the "
        + "user has not consented to tracking.")]
    public static partial void ConsentMissing(this ILogger logger);

    [LoggerMessage(35, LogLevel.Warning,
        "The session cookie '{Name}' is Secure, and was set over plain http, where browsers drop it. Serve the "
        + "application over https. Behind a proxy that ends TLS, call UseForwardedHeaders before UseSessionManager.")]
    public static partial void SecureCookieOnPlainHttp(this ILogger logger, string name);

    [LoggerMessage(EventId = 40,
        Message = "The changes of request {TraceIdentifier} could not be saved after its response had started, and "
            + "its gRPC status says so. {Fault}")]
    public static partial void SaveFailedBeforeTrailers(
        this ILogger logger, LogLevel level, string traceIdentifier, string fault);

    [LoggerMessage(41, LogLevel.Debug,
        "The handler of request {TraceIdentifier} failed, and gRPC or a request timeout answered with the HTTP "
        + "status {Status}. The unsaved changes of the request were dropped.")]
    public static partial void CaughtFailure(this ILogger logger, string traceIdentifier, int status);

    [LoggerMessage(43, LogLevel.Error,
        "The application's CountsAsUse threw on request {TraceIdentifier}. The request counted as use.")]
    public static partial void CountsAsUseFailed(this ILogger logger, Exception exception, string traceIdentifier);

    [LoggerMessage(44, LogLevel.Warning,
        "Nothing was stored, because the request came from another site and the browser keeps a cookie of SameSite "
        + "{SameSite} from such a request. It may have a session, and a new session would replace it. Store values in "
        + "a request of this site.")]
    public static partial void CrossSiteSessionRefused(this ILogger logger, SameSiteMode sameSite);

    [LoggerMessage(53, LogLevel.Information, "The user of session {SessionId} began to act as another user.")]
    public static partial void ImpersonationBegan(this ILogger logger, Guid sessionId);

    [LoggerMessage(54, LogLevel.Information, "The user of session {SessionId} stopped acting as another user.")]
    public static partial void ImpersonationEnded(this ILogger logger, Guid sessionId);

    [LoggerMessage(55, LogLevel.Information,
        "A sign-in went on in session {SessionId}, because another sign-in of the same user had just replaced its "
        + "token. Both tokens open the session.")]
    public static partial void SignInWentOn(this ILogger logger, Guid sessionId);

    [LoggerMessage(56, LogLevel.Information,
        "The cookie of a callback was ignored, because no session was kept for this path, or it was taken before, or "
        + "it was kept for too long. A sign-in at the callback begins a session of its own.")]
    public static partial void CallbackIgnored(this ILogger logger);

    [LoggerMessage(48, LogLevel.Information, "A user was erased. {Count} sessions were ended, each with an event 25.")]
    public static partial void UserErased(this ILogger logger, int count);

    [LoggerMessage(49, LogLevel.Information,
        "The store '{Store}' can't tell which of its sessions have expired. OnEnded is raised for an expired "
        + "session when its token is brought again, and is not raised when the token does not come back.")]
    public static partial void ExpiryNotSwept(this ILogger logger, string store);

    // Written at Debug in an outage, which has event 31.
    [LoggerMessage(EventId = 50,
        Message = "A search for expired sessions failed and was stopped. The next search goes on. {Fault}")]
    public static partial void SweepFailed(this ILogger logger, LogLevel level, string fault);

    [LoggerMessage(51, LogLevel.Warning,
        "Session {SessionId} had expired, and the application's handler of OnEnded had not ended after {Patience}. "
        + "The search for expired sessions went on without it.")]
    public static partial void HandlerNotWaitedFor(this ILogger logger, Guid sessionId, TimeSpan patience);

    [LoggerMessage(70, LogLevel.Warning,
        "The setting '{Setting}' of Identity's application cookie was ignored, because AddIdentitySessions keeps the "
        + "sign-in in the session. {Remedy}")]
    public static partial void CookieSettingIgnored(this ILogger logger, string setting, string remedy);

    [LoggerMessage(60, LogLevel.Warning,
        "A TempData entry of session {SessionId} counted as absent, because MVC's serializer could not read it "
        + "({Fault}).")]
    public static partial void TempDataRejected(this ILogger logger, string sessionId, string fault);
}
