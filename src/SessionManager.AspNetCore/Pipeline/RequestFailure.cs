using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Handles a failed request: the changes that are still saved, and the answer to the client.</summary>
internal sealed class RequestFailure(SessionSaver saver, ILogger<RequestFailure> logger)
{
    private const int RetryAfterSeconds = 5;

    /// <summary>Whether a failure is a failure of the session, which has its own answer.</summary>
    public static bool IsOfSession(Exception exception) => AnswerTo(exception) is not null;

    /// <summary>Discards the changes of a handler that failed, except for a sign-out or an end.</summary>
    public async Task AbandonAsync(RequestSession session, Exception failure)
    {
        await SaveEndingsAsync(session, failure);
        session.Response.Discard();
        session.Response.ApplyHeaders();
    }

    /// <summary>Keeps the answer of a middleware that has caught the failure of the handler. A gRPC client is still
    /// told of a failure of the session.</summary>
    public async Task KeepAnswerAsync(RequestSession session)
    {
        var failure = session.Response.Caught?.TellOwn();
        logger.CaughtFailure(session.Context.TraceIdentifier, session.Context.Response.StatusCode);
        await SaveEndingsAsync(session, failure);
        session.Response.KeepAnswer();
    }

    /// <summary>Answers instead of a handler whose response has not started.</summary>
    public static Task AnswerAsync(RequestSession session, Exception failure)
    {
        var isEmpty = RestoreBody(session);
        session.Context.Response.Clear();
        EntryHeaders.Restore(session);
        session.Response.ApplyHeaders();
        if (GrpcCall.Is(session.Context))
        {
            GrpcCall.Answer(session.Context, failure);
            return Task.CompletedTask;
        }

        var answer = AnswerTo(failure)!.Value;
        if (isEmpty)
        {
            return WriteAsync(session.Context, answer);
        }

        // What the handler left in the server's buffer would stand in front of the explanation. The status and the
        // headers say it alone.
        session.Context.Response.StatusCode = answer.Status;
        Announce(session.Context, answer.Status);
        return Task.CompletedTask;
    }

    /// <summary>A save failed after the response had started: too late for another answer, but not for making sure that
    /// this one does not pass for a success.</summary>
    public void TellAfterStart(RequestSession session, Exception failure)
    {
        session.KnownChanges?.Discard(keepsEndings: false);
        var level = failure is SessionStoreException ? LogLevel.Debug : LogLevel.Error;
        if (session.Response.Caught?.TryTellInTrailers(failure) == true)
        {
            logger.SaveFailedBeforeTrailers(level, session.Context.TraceIdentifier, failure.Message);
            session.Response.KeepAnswer();
            return;
        }

        logger.SaveFailedAfterStart(level, session.Context.TraceIdentifier, failure.Message);
        session.Context.Abort();
    }

    /// <summary>Answers a request whose session could not be loaded.</summary>
    public static Task AnswerUnavailableAsync(HttpContext context)
    {
        if (GrpcCall.Is(context))
        {
            GrpcCall.Answer(context, new SessionStoreException("It is not known whether the user is signed in."));
            return Task.CompletedTask;
        }

        return WriteAsync(context, (
            StatusCodes.Status503ServiceUnavailable, "The session store can't be reached.",
            "It is not known whether you are signed in. Try again in a moment."));
    }

    /// <summary>What the client of gRPC reads of a failure of the session.</summary>
    public static string Explain(Exception failure) =>
        AnswerTo(failure) is { } answer ? $"{answer.Title} {answer.Detail}" : failure.Message;

    /// <summary>Sends the answer to the server itself, past a body that a handler or a middleware put in front of it
    /// and, failing, left there.</summary>
    /// <returns>Whether nothing stands in front of the answer: a handler may have put bytes into the server's buffer,
    /// where nobody can take them out.</returns>
    private static bool RestoreBody(RequestSession session)
    {
        if (session.Progress.BodyAtEntry is { } bodyAtEntry)
        {
            session.Context.Features.Set(bodyAtEntry);
        }

        return session.Context.Response.BodyWriter is not { CanGetUnflushedBytes: true, UnflushedBytes: > 0 };
    }

    private async Task SaveEndingsAsync(RequestSession session, Exception? failure)
    {
        // A store that just failed is not asked again: its client has waited long enough.
        session.KnownChanges?.Discard(keepsEndings: failure is not SessionStoreException);
        try
        {
            await saver.SaveAsync(session, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            // Logged by the saver. The client hears of the handler's own failure.
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

    private static Task WriteAsync(HttpContext context, (int Status, string Title, string Detail) answer)
    {
        Announce(context, answer.Status);
        var problem = TypedResults.Problem(answer.Detail, statusCode: answer.Status, title: answer.Title);
        return problem.ExecuteAsync(context);
    }

    private static void Announce(HttpContext context, int status)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
