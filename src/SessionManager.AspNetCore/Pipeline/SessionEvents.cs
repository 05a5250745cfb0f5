using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Raises the application's events, and counts them. A handler that throws disturbs nothing but itself.</summary>
internal sealed class SessionEvents(
    IOptions<SessionManagerOptions> options, SessionLifetime lifetime, IServiceProvider services, SessionMetrics metrics, ILogger<SessionEvents> logger)
{
    private readonly SessionManagerEvents _events = options.Value.Events;

    public ValueTask CreatedAsync(SessionRecord record, HttpContext context)
    {
        metrics.Created();
        return RaiseAsync(_events.Created, Describe(record, context), nameof(_events.Created));
    }

    public ValueTask SignedInAsync(SessionRecord record, HttpContext context)
    {
        metrics.SignedIn();
        return RaiseAsync(_events.SignedIn, Describe(record, context), nameof(_events.SignedIn));
    }

    public ValueTask TokenRotatedAsync(SessionRecord record, HttpContext context)
    {
        metrics.TokenRotated();
        return RaiseAsync(_events.TokenRotated, Describe(record, context), nameof(_events.TokenRotated));
    }

    public ValueTask EndedAsync(SessionRecord record, SessionEndReason reason, HttpContext? context)
    {
        metrics.Ended(reason);
        return RaiseAsync(
            _events.Ended, new SessionEndedContext(lifetime.Describe(record), context?.RequestServices ?? services, context, reason), nameof(_events.Ended));
    }

    /// <summary>Returns whether a handler asked for the session's end.</summary>
    public async ValueTask<bool> StaleTokenAsync(SessionRecord record, HttpContext context)
    {
        var stale = new StaleTokenContext(lifetime.Describe(record), context.RequestServices, context);
        await RaiseAsync(_events.StaleToken, stale, nameof(_events.StaleToken));
        return stale.EndsSession;
    }

    private SessionEventContext Describe(SessionRecord record, HttpContext context) => new(lifetime.Describe(record), context.RequestServices, context);

    private async ValueTask RaiseAsync<TContext>(Func<TContext, Task> handler, TContext context, string name)
        where TContext : SessionEventContext
    {
        try
        {
            await handler(context);
        }
        catch (Exception exception)
        {
            logger.EventHandlerFailed(exception, name, context.Session.SessionId);
        }
    }
}
