using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>What a step of a test has while its call runs.</summary>
/// <param name="Session">The session.</param>
/// <param name="Context">The call.</param>
/// <param name="Http">The request that carries the call.</param>
/// <param name="Writer">Where a server that streams writes.</param>
internal sealed record Call(ISessionManager Session, ServerCallContext Context, HttpContext Http, IServerStreamWriter<string>? Writer)
{
    public Task WriteAsync(string message) => Writer!.WriteAsync(message);
}
