using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
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
    private readonly SessionManagerEvents _events = options.Value.Events;
    private readonly AsyncLocal<Handling?> _handling = new();
    private int _running;

    /// <summary>The events whose handlers this is called by.</summary>
    public SessionEventKinds Handled => Volatile.Read(ref _running) == 0 ? SessionEventKinds.None : _handling.Value?.Kinds ?? SessionEventKinds.None;

    /// <summary>Whether the application wants to hear of ends.</summary>
    public bool TellsOfEnds => _events.GetType() != typeof(SessionManagerEvents) || !ReferenceEquals(_events.OnEnded, SessionManagerEvents.EndIgnored);

    /// <summary>Refuses a change that would raise an event whose handler makes it.</summary>
    /// <exception cref="InvalidOperationException">It would.</exception>
    public void ThrowIfHandling(SessionEventKinds raised)
    {
        if ((Handled & raised) is var again and not SessionEventKinds.None)
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
            context is null ? EndedInScopeAsync : _events.Ended,
            new SessionEndedContext(lifetime.Describe(record), context?.RequestServices ?? services, context, reason));
    }

    /// <summary>Tells of a stale token, and does what the handler then asks for.</summary>
    public ValueTask StaleTokenAsync(SessionRecord record, HttpContext context, Func<ValueTask> endSession)
    {
        var stale = new StaleTokenContext(lifetime.Describe(record), context.RequestServices, context);
        return RaiseAsync(SessionEventKinds.StaleToken, _events.StaleToken, stale, () => stale.EndsSession ? endSession() : ValueTask.CompletedTask);
    }

    /// <summary>Raises events that changes have brought about which handlers of other events made, before those were saved.</summary>
    public async ValueTask RaiseAsync(PendingEvents events, SessionEventKinds causes)
    {
        using var cause = causes == SessionEventKinds.None ? null : Begin(causes);
        await events.RaiseAsync();
        if (cause is not null)
        {
            await RunAsync(cause);
        }
    }

    private SessionEventContext Describe(SessionRecord record, HttpContext context) => new(lifetime.Describe(record), context.RequestServices, context);

    // Outside of a request a handler has a scope of its own, so that it can have what a request's handler can.
    private async Task EndedInScopeAsync(SessionEndedContext ended)
    {
        await using var scope = services.CreateAsyncScope();
        await _events.Ended(new SessionEndedContext(ended.Session, scope.ServiceProvider, httpContext: null, ended.Reason));
    }

    // What is raised while a handler runs is raised when it has ended: however many there are, none is called by another.
    private async ValueTask RaiseAsync<TContext>(SessionEventKinds kind, Func<TContext, Task> handler, TContext context, Func<ValueTask>? then = null)
        where TContext : SessionEventContext
    {
        if (_handling.Value?.TryEnqueue(HandleAsync) == true)
        {
            return;
        }

        using var root = Begin(SessionEventKinds.None);
        root.TryEnqueue(HandleAsync);
        await RunAsync(root);

        async ValueTask HandleAsync(SessionEventKinds causes)
        {
            using var handling = Begin(causes | kind);
            try
            {
                await handler(context);
                if (then is not null)
                {
                    await then();
                }
            }
            catch (Exception exception)
            {
                logger.EventHandlerFailed(exception, kind.ToString(), context.Session.SessionId);
            }
        }
    }

    private static async ValueTask RunAsync(Handling root)
    {
        while (root.TryDequeue(out var handle))
        {
            await handle();
        }
    }

    private Handling Begin(SessionEventKinds kinds)
    {
        Interlocked.Increment(ref _running);
        return _handling.Value = new Handling(this, _handling.Value, kinds);
    }

    private sealed class Handling(SessionEvents events, Handling? outer, SessionEventKinds kinds) : IDisposable
    {
        private readonly Queue<Func<ValueTask>> _raised = [];
        private bool _ended;

        private Handling Root => outer is { _ended: false } ? outer.Root : this;

        /// <summary>The events that are being handled here. What a handler starts and does not wait for is not the handler any more once it has
        /// ended.</summary>
        public SessionEventKinds Kinds => (_ended ? SessionEventKinds.None : kinds) | (outer?.Kinds ?? SessionEventKinds.None);

        /// <summary>Has an event raised when what runs now has ended.</summary>
        public bool TryEnqueue(Func<SessionEventKinds, ValueTask> handle)
        {
            var (root, causes) = (Root, Kinds);
            lock (root._raised)
            {
                if (root._ended)
                {
                    return false;
                }

                root._raised.Enqueue(() => handle(causes));
                return true;
            }
        }

        public bool TryDequeue(out Func<ValueTask> handle)
        {
            lock (_raised)
            {
                // With the last one it is over, so that nothing is left behind.
                _ended = !_raised.TryDequeue(out handle!);
                return !_ended;
            }
        }

        public void Dispose()
        {
            lock (_raised)
            {
                _ended = true;
            }

            Interlocked.Decrement(ref events._running);
        }
    }
}
