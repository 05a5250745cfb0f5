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
            ? AnswerAsync(errorContext.HttpContext)
            : next(errorContext);
    }

    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (!IsOurs(httpContext, exception))
        {
            return false;
        }

        await AnswerAsync(httpContext);
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
        catch (SessionStoreException exception) when (IsOurs(context, exception))
        {
            return AnswerAsync(context);
        }

        return running.IsCompletedSuccessfully ? running : AwaitAsync(running, context);
    }

    private static async Task AwaitAsync(Task running, HttpContext context)
    {
        try
        {
            await running;
        }
        catch (SessionStoreException exception) when (IsOurs(context, exception))
        {
            await AnswerAsync(context);
        }
    }

    private static bool IsOurs(HttpContext context, Exception exception) =>
        exception is SessionStoreException
        && !context.Response.HasStarted
        && RequestSessions.Find(context) is { Progress.IsBound: false } or { HasFailed: true };

    private static Task AnswerAsync(HttpContext context)
    {
        context.Response.Clear();
        return RequestFailure.AnswerUnavailableAsync(context);
    }
}
