using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What every request's session works with. One for the application.</summary>
internal sealed class SessionPipeline(
    IOptions<SessionManagerOptions> options,
    ObservedStore store,
    SessionCookie cookie,
    SessionLifetime lifetime,
    SessionLoader loader,
    SessionClock clock,
    SessionAdmission admission,
    SessionEnding ending,
    SessionEvents events,
    SessionSchemes schemes,
    ILogger<SessionPipeline> logger)
{
    public SessionManagerOptions Options { get; } = options.Value;

    public ISessionRecords Store => store;

    public SessionCookie Cookie => cookie;

    public SessionLifetime Lifetime => lifetime;

    public SessionLoader Loader => loader;

    public SessionAdmission Admission => admission;

    public SessionEnding Ending => ending;

    public SessionEvents Events => events;

    public SessionSchemes Schemes => schemes;

    public ILogger Logger => logger;

    public SessionClock Clock => clock;

    /// <summary>What endpoints say of their use of the session.</summary>
    public EndpointSettings Settings { get; } = new();

    /// <summary>Where calls of <see cref="ISessionManager.UpdateValueAsync"/> on one session queue up.</summary>
    public SessionQueue Updates { get; } = new();

    /// <summary>The session whose value the application's code is changing here: what that code calls must not queue up behind it.</summary>
    public AsyncLocal<RequestSession?> Exchanging { get; } = new();

    /// <summary>Which requests have run others within.</summary>
    public InnerRequests InnerRequests { get; } = new();

    /// <summary>The requests that run, where a sweep asks for them.</summary>
    public RunningRequests Running { get; } = new(events);

    /// <summary>Whether files are known to be served behind <c>UseSessionManager</c>.</summary>
    public FilesBehind FilesBehind { get; } = new(logger);

    /// <summary>What the server is known to do.</summary>
    public StartingCallbacks Callbacks { get; } = new();

    /// <summary>The time in whole milliseconds, as records keep it.</summary>
    public DateTimeOffset Now => clock.Now;
}
