using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>As docs/frameworks.md shows it: an exception becomes an answer, and what the handler changed is dropped.</summary>
internal sealed class DiscardingEndpointFilter(ISessionManager session) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (FormatException)
        {
            session.DiscardChanges();
            return Results.BadRequest();
        }
    }
}
