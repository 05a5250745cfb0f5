using System.Globalization;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// One request: read the cookie, load the session, run the handler, save. A request without a cookie that does not use the
/// session runs through here without waiting and next to no allocation.
/// </summary>
internal sealed class SessionMiddleware(RequestDelegate next, SessionPipeline pipeline, IHttpContextAccessor accessor)
{
    private const int RetryAfterSeconds = 5;

    public Task InvokeAsync(HttpContext context)
    {
        if (RequestSession.Take(context, pipeline) is not { } session)
        {
            // UseSessionManager stands in the pipeline twice: the outer one does the work.
            return next(context);
        }

        pipeline.Running.Enter(session);

        // Servers set it by the context factory; a host that makes its contexts itself may not.
        if (!ReferenceEquals(accessor.HttpContext, context))
        {
            accessor.HttpContext = context;
        }

        if (pipeline.Options.LoadMode == LoadMode.OnDemand)
        {
            return RunAsync(session);
        }

        var load = LoadAsync(session);
        return load.IsCompletedSuccessfully && !session.HasEvents ? RunAsync(session) : FinishAsync(session, load, handler: null);
    }

    // Whatever the load throws, the request's session is closed by who waits for it.
    private static ValueTask LoadAsync(RequestSession session)
    {
        try
        {
            return session.LoadAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    // Not async itself: a request that leaves nothing to do should not pay for a state machine.
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

        if (!handler.IsCompletedSuccessfully || IsCaught(session) || !session.TryFinish())
        {
            return FinishAsync(session, load: default, handler);
        }

        pipeline.Running.Leave(session);
        return handler;
    }

    // One state machine for a request that waits, whatever it waits for.
    private async Task FinishAsync(RequestSession session, ValueTask load, Task? handler)
    {
        try
        {
            await load;
            await session.RaiseEventsAsync();
            await (handler ?? next(session.Context));
            if (IsCaught(session))
            {
                await KeepAnswerAsync(session);
            }

            while (!session.TryFinish())
            {
                if (!await TrySaveAsync(session))
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (!session.Context.Response.HasStarted && AnswerTo(exception) is { } answer)
        {
            await AbandonAsync(session, exception);
            await AnswerAsync(session, answer, exception);
        }
        catch (Exception exception)
        {
            await AbandonAsync(session, exception);
            throw;
        }
        finally
        {
            session.End();
            pipeline.Running.Leave(session);
        }
    }

    /// <summary>Does what is left to do.</summary>
    /// <returns>Whether the response may end as it is.</returns>
    private static async ValueTask<bool> TrySaveAsync(RequestSession session)
    {
        try
        {
            session.Response.ThrowIfShut();
            await SessionSaver.SaveAsync(session, CancellationToken.None);
        }
        catch (Exception exception) when (session.Context.Response.HasStarted && AnswerTo(exception) is not null)
        {
            // Too late for another answer, but not for making sure that this one does not pass for a success.
            session.KnownChanges?.Discard(keepsEndings: false);
            if (session.Response.Caught?.TryTellInTrailers(exception) == true)
            {
                session.Pipeline.Logger.SaveFailedBeforeTrailers(session.Context.TraceIdentifier, exception.Message);
                session.Response.KeepAnswer();
                return false;
            }

            session.Pipeline.Logger.SaveFailedAfterStart(session.Context.TraceIdentifier, exception.Message);
            session.Context.Abort();
            return false;
        }

        session.Response.ApplyHeaders();
        session.Response.Release();
        await SessionSaver.TouchAtEndAsync(session);
        await session.RaiseEventsAsync();
        return true;
    }

    /// <summary>The handler failed: its changes are discarded, but a user who signed out is signed out.</summary>
    private static async Task AbandonAsync(RequestSession session, Exception failure)
    {
        await SaveEndingsAsync(session, failure);
        session.Response.Discard();
        session.Response.ApplyHeaders();
    }

    private static bool IsCaught(RequestSession session) => session.KnownResponse is { HasCaughtFailure: true };

    /// <summary>The handler failed, and somebody in between has answered for it: the answer stands, but a client of gRPC is told what it was.</summary>
    private static async Task KeepAnswerAsync(RequestSession session)
    {
        var failure = session.Response.Caught?.TellOwn();
        session.Pipeline.Logger.CaughtFailure(session.Context.TraceIdentifier, session.Context.Response.StatusCode);
        await SaveEndingsAsync(session, failure);
        session.Response.KeepAnswer();
    }

    private static async Task SaveEndingsAsync(RequestSession session, Exception? failure)
    {
        // A store that just failed is not asked again: its client has waited long enough.
        session.KnownChanges?.Discard(keepsEndings: failure is not SessionStoreException);
        try
        {
            await SessionSaver.SaveAsync(session, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            // Logged by the saver; the handler's own failure is what the client hears of.
            session.KnownChanges?.Discard(keepsEndings: false);
        }
    }

    private static (int Status, string Title, string Detail)? AnswerTo(Exception exception) => exception switch
    {
        SessionStoreException => (
            StatusCodes.Status503ServiceUnavailable, "The session store can't be reached.",
            "The store did not confirm that the request's changes were saved. Try again in a moment."),
        SessionEndedException => (
            StatusCodes.Status409Conflict, "The session ended while the request was running.",
            "Its changes were not saved. Sign in again, or repeat the request."),
        SessionLimitException => (
            StatusCodes.Status409Conflict, "The user is signed in too often.",
            "The user has as many sessions as are allowed. Sign out elsewhere first."),
        _ => null,
    };

    /// <summary>Answers a request whose session could not be loaded.</summary>
    public static Task AnswerUnavailableAsync(HttpContext context)
    {
        if (GrpcCall.Is(context))
        {
            GrpcCall.Answer(context, new SessionStoreException("It is not known whether the user is signed in."));
            return Task.CompletedTask;
        }

        return WriteAsync(
            context,
            (StatusCodes.Status503ServiceUnavailable, "The session store can't be reached.", "It is not known whether you are signed in. Try again in a moment."));
    }

    /// <summary>What the client of gRPC reads of a failure of the session.</summary>
    public static string Explain(Exception failure) => AnswerTo(failure) is { } answer ? $"{answer.Title} {answer.Detail}" : failure.Message;

    private static Task AnswerAsync(RequestSession session, (int Status, string Title, string Detail) answer, Exception failure)
    {
        var isEmpty = session.Response.RestoreBody();
        session.Context.Response.Clear();
        EntryHeaders.Restore(session);
        session.Response.ApplyHeaders();
        if (GrpcCall.Is(session.Context))
        {
            GrpcCall.Answer(session.Context, failure);
            return Task.CompletedTask;
        }

        // What the handler left in the server's buffer would stand in front of the explanation: then the status and the headers say it alone.
        return isEmpty ? WriteAsync(session.Context, answer) : Task.FromResult(session.Context.Response.StatusCode = Announce(session.Context, answer.Status));
    }

    private static Task WriteAsync(HttpContext context, (int Status, string Title, string Detail) answer)
    {
        Announce(context, answer.Status);
        return TypedResults.Problem(answer.Detail, statusCode: answer.Status, title: answer.Title).ExecuteAsync(context);
    }

    private static int Announce(HttpContext context, int status)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return status;
    }
}
