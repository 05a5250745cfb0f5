using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The services of the objects that belong to one request. No container creates these objects, so they can't
/// get the services by their constructors.</summary>
internal sealed class SessionServices(
    IOptions<SessionManagerOptions> options,
    EndpointSettings settings,
    SessionLoader loader,
    SessionView view,
    SessionEdits edits,
    SessionSaver saver,
    SessionEvents events,
    SessionCookie cookie,
    SessionLifetime lifetime,
    SessionClock clock,
    ResponseStart responseStart,
    ILogger<SessionServices> logger)
{
    public SessionManagerOptions Options { get; } = options.Value;

    public EndpointSettings Settings => settings;

    public SessionLoader Loader => loader;

    public SessionView View => view;

    public SessionEdits Edits => edits;

    public SessionSaver Saver => saver;

    public SessionEvents Events => events;

    public SessionCookie Cookie => cookie;

    public SessionLifetime Lifetime => lifetime;

    public ResponseStart ResponseStart => responseStart;

    public ILogger Logger => logger;

    /// <summary>The time in whole milliseconds.</summary>
    public DateTimeOffset Now => clock.Now;
}
