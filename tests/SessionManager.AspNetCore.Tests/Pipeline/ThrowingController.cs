using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Actions that change the session and throw, under filters that answer for them.</summary>
[Route("throwing")]
public sealed class ThrowingController(ISessionManager session) : ControllerBase
{
    [HttpPost("filtered")]
    [DiscardingExceptionFilter]
    public void Filtered() => Fail();

    [HttpPost("handled")]
    [HandlingExceptionFilter]
    public void Handled() => Fail();

    private void Fail()
    {
        session.StoreValue("value", "after");
        throw new FormatException("no");
    }

    private sealed class HandlingExceptionFilter : ExceptionFilterAttribute
    {
        public override void OnException(ExceptionContext context) => context.Result = new BadRequestResult();
    }
}
