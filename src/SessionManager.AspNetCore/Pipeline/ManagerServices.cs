using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Authentication;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The services of each <see cref="RequestSessionManager"/>. One reference to this object takes less memory of
/// a request than a reference to each service.</summary>
internal sealed class ManagerServices(
    IOptions<SessionManagerOptions> options,
    RequestSessions requests,
    SessionGuard guard,
    SessionView view,
    SessionEdits edits,
    ValueUpdater updater,
    Impersonation impersonation,
    SessionSchemes schemes,
    ILogger<ManagerServices> logger)
{
    public SessionManagerOptions Options { get; } = options.Value;

    public RequestSessions Requests => requests;

    public SessionGuard Guard => guard;

    public SessionView View => view;

    public SessionEdits Edits => edits;

    public ValueUpdater Updater => updater;

    public Impersonation Impersonation => impersonation;

    public SessionSchemes Schemes => schemes;

    public ILogger Logger => logger;
}
