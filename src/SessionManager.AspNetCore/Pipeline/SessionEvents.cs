using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Raises the application's events, and counts them. A handler that throws disturbs nothing but itself. A handler may use the session, but
/// may not bring about the event it handles: that would never end.
/// </summary>
internal sealed class SessionEvents(
    IOptions<SessionManagerOptions> options, SessionLifetime lifetime, IServiceProvider services, SessionMetrics metrics, ILogger<SessionEvents> logger)
{
    // Handlers may end sessions whose end calls handlers. That is not deep, unless it never ends.
    private const int MostNested = 16;

    private readonly SessionManagerEvents _events = options.Value.Events;
    private readonly AsyncLocal<Handling?> _handling = new();

    /// <summary>Refuses a change that would raise an event whose handler makes it.</summary>
    /// <exception cref="InvalidOperationException">It would.</exception>
    public void ThrowIfHandling(SessionEventKinds raised)
    {
        if (_handling.Value is { } handling && (handling.Kinds & raised) is var again and not SessionEventKinds.None)
        {
            throw SessionErrors.WouldRaiseAgain(again);
        }
    }

    public ValueTask CreatedAsync(SessionRecord record, HttpContext context)
    {
        metrics.Created();
        return RaiseAsync(SessionEventKinds.Created, _events.Created, Describe(record, context));
    }

    public ValueTask SignedInAsync(SessionRecord record, HttpContext context)
    {
        metrics.SignedIn();
        return RaiseAsync(SessionEventKinds.SignedIn, _events.SignedIn, Describe(record, context));
    }

    public ValueTask TokenRotatedAsync(SessionRecord record, HttpContext context)
    {
        metrics.TokenRotated();
        return RaiseAsync(SessionEventKinds.TokenRotated, _events.TokenRotated, Describe(record, context));
    }

    public ValueTask EndedAsync(SessionRecord record, SessionEndReason reason, HttpContext? context)
    {
        metrics.Ended(reason);
        return RaiseAsync(
            SessionEventKinds.Ended,
            _events.Ended,
            new SessionEndedContext(lifetime.Describe(record), context?.RequestServices ?? services, context, reason));
    }

    /// <summary>Returns whether a handler asked for the session's end.</summary>
    public async ValueTask<bool> StaleTokenAsync(SessionRecord record, HttpContext context)
    {
        var stale = new StaleTokenContext(lifetime.Describe(record), context.RequestServices, context);
        await RaiseAsync(SessionEventKinds.StaleToken, _events.StaleToken, stale);
        return stale.EndsSession;
    }

    private SessionEventContext Describe(SessionRecord record, HttpContext context) => new(lifetime.Describe(record), context.RequestServices, context);

    private async ValueTask RaiseAsync<TContext>(SessionEventKinds kind, Func<TContext, Task> handler, TContext context)
        where TContext : SessionEventContext
    {
        if (_handling.Value is { Depth: MostNested })
        {
            logger.EventHandlerFailed(SessionErrors.WouldRaiseAgain(kind), kind.ToString(), context.Session.SessionId);
            return;
        }

        // What the handler starts and does not wait for is not the handler any more once it has ended.
        using var handling = new Handling(_handling.Value, kind);
        _handling.Value = handling;
        try
        {
            await handler(context);
        }
        catch (Exception exception)
        {
            logger.EventHandlerFailed(exception, kind.ToString(), context.Session.SessionId);
        }
    }

    private sealed class Handling(Handling? outer, SessionEventKinds kind) : IDisposable
    {
        private volatile bool _ended;

        public int Depth { get; } = (outer?.Depth ?? 0) + 1;

        /// <summary>The events that are being handled here.</summary>
        public SessionEventKinds Kinds => (_ended ? SessionEventKinds.None : kind) | (outer?.Kinds ?? SessionEventKinds.None);

        public void Dispose() => _ended = true;
    }
}
