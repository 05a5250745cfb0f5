using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Whether a server runs an <c>OnStarting</c> callback that is registered inside one. Kestrel does, IIS and <c>TestServer</c> don't. They are
/// asked, by registering one.</summary>
internal sealed class NestedCallbacks
{
    // Of one application's servers all are of one kind, so one type is enough.
    private Type? _runs;

    /// <summary>Whether this request's server is known to run them.</summary>
    public bool AreRunBy(HttpContext context) => ResponseTypeOf(context) == Volatile.Read(ref _runs);

    /// <summary>Asks the server, inside a callback, unless the answer is known.</summary>
    public void Probe(HttpContext context)
    {
        if (AreRunBy(context) || context.Response.HasStarted)
        {
            return;
        }

        context.Response.OnStarting(
            static state =>
            {
                var (callbacks, type) = ((NestedCallbacks, Type))state;
                Volatile.Write(ref callbacks._runs, type);
                return Task.CompletedTask;
            },
            (this, ResponseTypeOf(context)));
    }

    private static Type ResponseTypeOf(HttpContext context) => context.Features[typeof(IHttpResponseFeature)]!.GetType();
}
