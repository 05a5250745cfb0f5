using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Raises and counts the application's events. An exception of a handler affects only that handler. A handler may use
/// the session, but it may not cause the event that it handles, because that would never end.
/// </summary>
internal sealed class SessionEvents(
    IOptions<SessionManagerOptions> options,
    SessionLifetime lifetime,
    IServiceProvider services,
    SessionMetrics metrics,
    ILogger<SessionEvents> logger)
{
    private readonly SessionManagerEvents _events = options.Value.Events;
    private readonly AsyncLocal<Handling?> _handling = new();
    private int _running;

    /// <summary>The events whose handlers are the callers.</summary>
    public SessionEventKinds Handled =>
        Volatile.Read(ref _running) == 0 ? SessionEventKinds.None : _handling.Value?.Kinds ?? SessionEventKinds.None;

    /// <summary>Whether the application handles the end of sessions.</summary>
    public bool TellsOfEnds => _events.GetType() != typeof(SessionManagerEvents)
        || !ReferenceEquals(_events.OnEnded, SessionManagerEvents.EndIgnored);

    /// <summary>Throws when a change would raise the event whose handler makes the change.</summary>
    /// <exception cref="InvalidOperationException">The change would raise that event.</exception>
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

    /// <summary>Raises the event of a stale token, and ends the session if the handler asks for it.</summary>
    public ValueTask StaleTokenAsync(SessionRecord record, HttpContext context, Func<ValueTask> endSession)
    {
        var stale = new StaleTokenContext(lifetime.Describe(record), context.RequestServices, context);
        return RaiseAsync(SessionEventKinds.StaleToken, _events.StaleToken, stale, EndAsync);

        ValueTask EndAsync() => stale.EndsSession ? endSession() : ValueTask.CompletedTask;
    }

    /// <summary>Raises the pending events of a request.</summary>
    public ValueTask RaiseAsync(RequestSession session)
    {
        // The gate goes first, because a handler may write to the response.
        session.KnownResponse?.ApplyHeaders();
        return RaiseAsync(session.Changes.Events!, session.Changes.TakeCauses());
    }

    /// <summary>Raises the events of changes that handlers of other events have made.</summary>
    public async ValueTask RaiseAsync(PendingEvents events, SessionEventKinds causes)
    {
        using var cause = causes == SessionEventKinds.None ? null : Begin(causes);
        await events.RaiseAsync();
        if (cause is not null)
        {
            await RunAsync(cause);
        }
    }

    private SessionEventContext Describe(SessionRecord record, HttpContext context) =>
        new(lifetime.Describe(record), context.RequestServices, context);

    // Outside of a request, a handler has its own service scope, so that it can use scoped services.
    private async Task EndedInScopeAsync(SessionEndedContext ended)
    {
        await using var scope = services.CreateAsyncScope();
        await _events.Ended(
            new SessionEndedContext(ended.Session, scope.ServiceProvider, httpContext: null, ended.Reason));
    }

    // An event that a handler causes is raised after the handler has ended, so handlers never nest.
    private async ValueTask RaiseAsync<TContext>(
        SessionEventKinds kind, Func<TContext, Task> handler, TContext context, Func<ValueTask>? then = null)
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

        /// <summary>The events whose handlers run in this flow. Work that a handler starts without waiting does not
        /// belong to the handler after its end.</summary>
        public SessionEventKinds Kinds =>
            (_ended ? SessionEventKinds.None : kinds) | (outer?.Kinds ?? SessionEventKinds.None);

        /// <summary>Raises an event after the current handler has ended.</summary>
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
                // The queue ends with its last event.
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
