using System.Collections.Concurrent;
using Grpc.Core;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>The service of the tests: each call runs the step that its test has put here.</summary>
internal sealed class Steps(ISessionManager session)
{
    public static ConcurrentDictionary<string, Func<Call, Task<string>>> Known { get; } = new(StringComparer.Ordinal);

    public Task<string> RunAsync(string step, ServerCallContext context, IServerStreamWriter<string>? writer = null) =>
        Known[step](new Call(session, context, context.GetHttpContext(), writer));
}
