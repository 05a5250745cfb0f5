using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>As docs/frameworks.md shows it: an exception becomes an answer, and what the action changed is dropped.</summary>
internal sealed class DiscardingExceptionFilterAttribute : ExceptionFilterAttribute
{
    public override void OnException(ExceptionContext context)
    {
        if (context.Exception is FormatException)
        {
            context.HttpContext.RequestServices.GetRequiredService<ISessionManager>().DiscardChanges();
            context.Result = new BadRequestResult();
        }
    }
}
