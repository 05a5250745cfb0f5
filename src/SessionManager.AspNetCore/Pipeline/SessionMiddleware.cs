using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Handles one request: it reads the cookie, loads the session, runs the handler and saves. A request without a cookie
/// that does not use the session passes without a wait and with hardly any allocation.
/// </summary>
internal sealed class SessionMiddleware(
    RequestDelegate next,
    RequestSessions requests,
    EndpointSettings settings,
    SessionView view,
    SessionSaver saver,
    SessionToucher toucher,
    ResponseStart responseStart,
    RequestFailure failures,
    RunningRequests running,
    StaticFileNotice staticFileNotice,
    IOptions<SessionManagerOptions> options,
    IHttpContextAccessor accessor)
{
    private readonly bool _loadsOnDemand = options.Value.LoadMode == LoadMode.OnDemand;

    public Task InvokeAsync(HttpContext context)
    {
        if (Begin(context) is not { } session)
        {
            // UseSessionManager runs twice in the pipeline. The outer middleware does the work.
            return next(context);
        }

        // The context factory sets it. A host that creates its own contexts may not set it.
        if (!ReferenceEquals(accessor.HttpContext, context))
        {
            accessor.HttpContext = context;
        }

        if (_loadsOnDemand)
        {
            return RunAsync(session);
        }

        ValueTask load;
        try
        {
            load = view.LoadAsync(session, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // FinishAsync ends the request's session after any exception of the load.
            load = ValueTask.FromException(exception);
        }

        return load.IsCompletedSuccessfully && !session.HasEvents
            ? RunAsync(session)
            : FinishAsync(session, load, handler: null);
    }

    /// <summary>Begins a request, or the second run of the pipeline for an error page. The error page continues with
    /// the session that the first run left.</summary>
    /// <returns>The session; <see langword="null"/> when another <c>UseSessionManager</c> handles the
    /// request.</returns>
    private RequestSession? Begin(HttpContext context)
    {
        var found = RequestSessions.FindAny(context);
        var session = found is null ? null : RequestSessions.Find(context);
        if (session is { Progress: { IsBound: true, Stage: RequestStage.Running } })
        {
            return null;
        }

        session = session is null ? requests.Make(context, outer: found) : BeginAgain(session);
        session.Progress.BodyAtEntry ??= (IHttpResponseBodyFeature?)context.Features[typeof(IHttpResponseBodyFeature)];
        if (((IHttpResponseFeature)context.Features[typeof(IHttpResponseFeature)]!).Headers is { Count: > 0 } headers)
        {
            session.Extras.HeadersAtEntry = [.. headers];
        }

        (session.Progress.IsBound, session.Progress.Stage) = (true, RequestStage.Running);
        ResponseStart.Hook(session);
        if (running.AreNoted)
        {
            running.Enter(session);
        }

        return session;
    }

    private RequestSession BeginAgain(RequestSession session)
    {
        session.Progress.Enter(session.Context, settings);
        if (session.Progress.IsBound && session.Context.Features[typeof(ISessionFeature)] is null)
        {
            // Another middleware has removed the feature on the way back to an error page.
            session.Context.Features[typeof(ISessionFeature)] = session;
        }

        session.KnownResponse?.Restart();
        return session;
    }

    // The method is not async, so a request without changes needs no state machine.
    private Task RunAsync(RequestSession session)
    {
        Task handler;
        try
        {
            handler = next(session.Context);
        }
        catch (Exception exception)
        {
            handler = Task.FromException(exception);
        }

        return handler.IsCompletedSuccessfully && !IsCaught(session) && TryFinish(session)
            ? handler
            : FinishAsync(session, load: default, handler);
    }

    // A request that waits needs only one state machine.
    private async Task FinishAsync(RequestSession session, ValueTask load, Task? handler)
    {
        try
        {
            await load;
            await session.RaiseEventsAsync();
            await (handler ?? next(session.Context));
            if (IsCaught(session))
            {
                await failures.KeepAnswerAsync(session);
            }

            while (!TryFinish(session))
            {
                if (!await TrySaveAsync(session))
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (!session.Context.Response.HasStarted && RequestFailure.IsOfSession(exception))
        {
            await failures.AbandonAsync(session, exception);
            await RequestFailure.AnswerAsync(session, exception);
        }
        catch (Exception exception)
        {
            await failures.AbandonAsync(session, exception);
            throw;
        }
        finally
        {
            End(session);
        }
    }

    private static bool IsCaught(RequestSession session) => session.KnownResponse is { HasCaughtFailure: true };

    /// <summary>Finishes a request.</summary>
    /// <returns>Whether the response may end as it is.</returns>
    private async ValueTask<bool> TrySaveAsync(RequestSession session)
    {
        try
        {
            session.Response.ThrowIfShut();
            await saver.SaveAsync(session, CancellationToken.None);
        }
        catch (Exception exception) when (session.Context.Response.HasStarted && RequestFailure.IsOfSession(exception))
        {
            failures.TellAfterStart(session, exception);
            return false;
        }

        session.Response.ApplyHeaders();
        session.Response.Release();
        await toucher.TouchAtEndAsync(session);
        await session.RaiseEventsAsync();
        return true;
    }

    /// <summary>Finishes a request that has nothing left to save.</summary>
    private bool TryFinish(RequestSession session)
    {
        if (session.KnownExtras is not null)
        {
            ResponseStart.TellStale(session);
        }

        if (session.HasChanges
            || session.HasEvents
            || session.Use.IsDueAtEnd(session)
            || session.KnownResponse?.TryFinish() == false)
        {
            return false;
        }

        lock (session)
        {
            // Another thread of the request may have changed the session meanwhile.
            if (session.HasChanges)
            {
                return false;
            }

            End(session);
        }

        if (!session.Progress.IsUsed && session.Record is not null)
        {
            staticFileNotice.Inspect(session.Context);
        }

        return true;
    }

    // From here on, the session can be read but not changed.
    private void End(RequestSession session)
    {
        if (session.Progress.Stage != RequestStage.Running)
        {
            return;
        }

        RequestSessions.GiveBackFeatures(session);
        session.Progress.Stage = session.Progress.IsHooked && !session.Context.Response.HasStarted
            ? EndBeforeResponse(session)
            : RequestStage.Closed;
        if (running.IsSwept)
        {
            running.Leave(session);
        }
    }

    // The callbacks of a response that has not started may still change the session.
    private RequestStage EndBeforeResponse(RequestSession session)
    {
        if (responseStart.AreCallbacksRun(session.Context))
        {
            return RequestStage.Ending;
        }

        ResponseStart.HookLate(session);
        return RequestStage.Closed;
    }
}
