using Grpc.Core;
using Grpc.Core.Interceptors;

namespace SessionManager.AspNetCore.Grpc.Tests;

/// <summary>An exception becomes an ordinary message, and what the method changed is dropped.</summary>
internal sealed class AnsweringInterceptor(ISessionManager session) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (FormatException)
        {
            session.DiscardChanges();
            return (TResponse)(object)"sorry";
        }
    }
}
