using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>
/// Answers 503 where the user is asked for in front of <c>UseSessionManager</c> and the store can't be reached: a
/// <c>WebApplication</c> runs authorization there. It stands in front of everything, and in two other places because an
/// exception page would answer 500 before it: in the developers' page, and first among the handlers of
/// <c>UseExceptionHandler</c>. Behind <c>UseSessionManager</c>, that one answers, unless such a page stands there and
/// the session could not be loaded.
/// </summary>
internal sealed class StoreOutage : IStartupFilter, IDeveloperPageExceptionFilter, IExceptionHandler
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(run => context => RunAsync(run, context));
        next(app);
    };

    public Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next)
    {
        ArgumentNullException.ThrowIfNull(errorContext);
        return IsOurs(errorContext.HttpContext, errorContext.Exception)
            ? AnswerAsync(errorContext.HttpContext, errorContext.Exception)
            : next(errorContext);
    }

    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (!IsOurs(httpContext, exception))
        {
            return false;
        }

        await AnswerAsync(httpContext, exception);
        return true;
    }

    // Not async itself: a request that does not wait should not pay for a state machine.
    private static Task RunAsync(RequestDelegate run, HttpContext context)
    {
        Task running;
        try
        {
            running = run(context);
        }
        catch (Exception exception) when (IsOurs(context, exception))
        {
            return AnswerAsync(context, exception);
        }

        return running.IsCompletedSuccessfully ? running : AwaitAsync(running, context);
    }

    private static async Task AwaitAsync(Task running, HttpContext context)
    {
        try
        {
            await running;
        }
        catch (Exception exception) when (IsOurs(context, exception))
        {
            await AnswerAsync(context, exception);
        }
    }

    private static bool IsOurs(HttpContext context, Exception exception) =>
        !context.Response.HasStarted
        && (exception is SessionStoreException
            ? RequestSessions.Find(context) is { Progress.IsBound: false } or { HasFailed: true }
            : RequestFailure.IsOfSession(exception)
                && RequestSessions.Find(context) is { Progress.IsBound: false });

    private static Task AnswerAsync(HttpContext context, Exception exception)
    {
        if (exception is not SessionStoreException && RequestSessions.Find(context) is { } session)
        {
            return RequestFailure.AnswerAsync(session, exception);
        }

        context.Response.Clear();
        return RequestFailure.AnswerUnavailableAsync(context);
    }
}
