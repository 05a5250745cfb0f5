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

        // Servers set it by the context factory; a host that makes its contexts itself may not.
        if (!ReferenceEquals(accessor.HttpContext, context))
        {
            accessor.HttpContext = context;
        }

        if (pipeline.Options.LoadMode == LoadMode.OnDemand)
        {
            return RunAsync(session);
        }

        var load = session.LoadAsync(CancellationToken.None);
        return load.IsCompletedSuccessfully ? RunAsync(session) : FinishAsync(session, load, handler: null);
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

        if (handler.IsCompletedSuccessfully && session.TryFinish())
        {
            session.Close();
            return handler;
        }

        return FinishAsync(session, load: default, handler);
    }

    // One state machine for a request that waits, whatever it waits for.
    private async Task FinishAsync(RequestSession session, ValueTask load, Task? handler)
    {
        await load;
        try
        {
            await (handler ?? next(session.Context));
            if (!session.TryFinish())
            {
                await SaveAsync(session);
            }
        }
        catch (Exception exception) when (!session.Context.Response.HasStarted && AnswerTo(exception) is { } answer)
        {
            await AbandonAsync(session, exception);
            await AnswerAsync(session, answer);
        }
        catch (Exception exception)
        {
            await AbandonAsync(session, exception);
            throw;
        }
        finally
        {
            session.Close();
        }
    }

    private static async Task SaveAsync(RequestSession session)
    {
        try
        {
            session.Response.ThrowIfShut();
            await SessionSaver.SaveAsync(session, CancellationToken.None);
        }
        catch (Exception exception) when (session.Context.Response.HasStarted && AnswerTo(exception) is not null)
        {
            // Too late for another answer, but not for making sure that this one does not pass for a success.
            session.Draft = null;
            session.Pipeline.Logger.SaveFailedAfterStart(session.Context.TraceIdentifier, exception.Message);
            session.Context.Abort();
            return;
        }

        session.Response.Release();
        session.Response.ApplyHeaders();
        await SessionSaver.TouchAsync(session);
    }

    /// <summary>The handler failed: its changes are discarded, but a user who signed out is signed out.</summary>
    private static async Task AbandonAsync(RequestSession session, Exception failure)
    {
        // A store that just failed is not asked again: its client has waited long enough.
        session.Draft = failure is SessionStoreException ? null : session.Draft?.EndingsOnly(session.Pipeline.Options.ClearSessionScope);
        try
        {
            await SessionSaver.SaveAsync(session, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            // Logged by the saver; the handler's own failure is what the client hears of.
            session.Draft = null;
        }

        session.Response.Discard();
        session.Response.ApplyHeaders();
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
    public static Task AnswerUnavailableAsync(HttpContext context) => WriteAsync(
        context,
        (StatusCodes.Status503ServiceUnavailable, "The session store can't be reached.", "It is not known whether you are signed in. Try again in a moment."));

    private static async Task AnswerAsync(RequestSession session, (int Status, string Title, string Detail) answer)
    {
        session.Response.RestoreBody();
        session.Context.Response.Clear();
        session.Response.ApplyHeaders();
        await WriteAsync(session.Context, answer);
    }

    private static Task WriteAsync(HttpContext context, (int Status, string Title, string Detail) answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (answer.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return TypedResults.Problem(answer.Detail, statusCode: answer.Status, title: answer.Title).ExecuteAsync(context);
    }
}
