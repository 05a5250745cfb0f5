using Grpc.Core;
using Grpc.Core.Interceptors;

namespace SessionManager.AspNetCore.Grpc.Tests;

/// <summary>As docs/frameworks.md shows it: a method that sets a status on its context saves nothing.</summary>
internal sealed class DiscardingInterceptor(ISessionManager session) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var response = await continuation(request, context);
        if (context.Status.StatusCode != StatusCode.OK)
        {
            session.DiscardChanges();
        }

        return response;
    }
}
