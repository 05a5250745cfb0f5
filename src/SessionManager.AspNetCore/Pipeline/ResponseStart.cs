using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What is done before a response starts, in an <c>OnStarting</c> callback: the net beneath the gate, for bytes that
/// found another way to the server and for changes that other callbacks make. It also learns how the application's
/// server runs such callbacks. A server is told by the type of its response, because requests of one application may
/// have different servers.
/// </summary>
internal sealed class ResponseStart(
    SessionSaver saver, SessionToucher toucher, SessionRotation rotation, SessionCallbacks callbacks)
{
    private Type? _run;
    private Type? _runNested;

    /// <summary>Whether the server is known to run callbacks at all. A context that somebody made without a server need
    /// not have them run.</summary>
    public bool AreCallbacksRun(HttpContext context) => Volatile.Read(ref _run) is { } type && type == TypeOf(context);

    /// <summary>Registers the callback, once. Registered when <c>UseSessionManager</c> gets the request, it runs behind
    /// all callbacks that are registered later, since the last one registered runs first.</summary>
    public static void Hook(RequestSession session)
    {
        if (!session.Progress.IsHooked && !session.Context.Response.HasStarted)
        {
            session.Progress.IsHooked = true;
            session.Context.Response.OnStarting(
                static state => ((RequestSession)state).Services.ResponseStart.RunAsync((RequestSession)state),
                session);
        }
    }

    /// <summary>Registers the callback again when it has run and a callback that was registered before it changes the
    /// session.</summary>
    /// <exception cref="InvalidOperationException">The server is not known to run a callback that is registered inside
    /// a callback. Kestrel does that, IIS and <c>TestServer</c> don't.</exception>
    public void HookAgain(RequestSession session)
    {
        if (Volatile.Read(ref _runNested) is not { } type || type != TypeOf(session.Context))
        {
            throw SessionErrors.StartingWithoutUs();
        }

        Hook(session);
    }

    /// <summary>The request is over, and its response has not started: callbacks that were registered meanwhile may
    /// still change the session when the response does.</summary>
    public static void HookLate(RequestSession session) => session.Context.Response.OnStarting(
        static state =>
        {
            ((RequestSession)state).Progress.Stage = RequestStage.Ending;
            return Task.CompletedTask;
        },
        session);

    /// <summary>Whether the response of a request that is over is still to start. Its context may serve another request
    /// by now, or none.</summary>
    public static bool IsToCome(RequestSession session)
    {
        try
        {
            return ReferenceEquals(RequestSessions.Find(session.Context), session)
                && !session.Context.Response.HasStarted
                && !session.Context.RequestAborted.IsCancellationRequested;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private Task RunAsync(RequestSession session)
    {
        (session.Progress.IsStarting, session.Progress.IsHooked) = (true, false);
        Learn(session.Context);
        TellStale(session);
        if (session.KnownResponse is not null
            || session.HasChanges
            || session.HasEvents
            || session.WasTouchDue
            || rotation.IsDue(session)
            || callbacks.IsDue(session))
        {
            return FinishSessionAsync(session);
        }

        if (session.Progress.IsUsed)
        {
            SessionResponse.ForbidOutputCaching(session.Context);
            CacheHeaders.VaryByCookieIfKept(session.Context.Response.Headers);
        }

        return Task.CompletedTask;
    }

    /// <summary>From here on, a token that was recognised is a stale one, unless the request has signed that user
    /// in.</summary>
    public static void TellStale(RequestSession session)
    {
        if (session.KnownExtras?.TakeStale() is { } tell)
        {
            session.Tell(tell);
        }
    }

    private async Task FinishSessionAsync(RequestSession session)
    {
        do
        {
            if (session.HasChanges)
            {
                await SaveAsync(session);
            }

            await rotation.RunAsync(session);
            if (session.WasTouchDue)
            {
                await toucher.TouchBeforeResponseAsync(session);
            }

            session.Response.ApplyHeaders();
            if (session.HasEvents)
            {
                await session.RaiseEventsAsync();
            }
        }
        while (session.HasChanges);
        if (callbacks.IsDue(session))
        {
            await callbacks.KeepAsync(session);
        }
    }

    private async ValueTask SaveAsync(RequestSession session)
    {
        if (session.KnownResponse is not { AnswersFailure: true })
        {
            await saver.SaveAsync(session, CancellationToken.None);
            return;
        }

        session.KnownChanges?.Discard(keepsEndings: true);
        try
        {
            await saver.SaveAsync(session, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            // Logged by the saver. The answer is an error already.
            session.KnownChanges?.Discard(keepsEndings: false);
        }
    }

    // Inside a callback, by registering another.
    private void Learn(HttpContext context)
    {
        var type = TypeOf(context);
        if (_run == type && _runNested == type)
        {
            return;
        }

        Volatile.Write(ref _run, type);
        if (!context.Response.HasStarted)
        {
            context.Response.OnStarting(
                static state =>
                {
                    var (start, type) = ((ResponseStart, Type))state;
                    Volatile.Write(ref start._runNested, type);
                    return Task.CompletedTask;
                },
                (this, type));
        }
    }

    private static Type TypeOf(HttpContext context) => context.Features[typeof(IHttpResponseFeature)]!.GetType();
}
