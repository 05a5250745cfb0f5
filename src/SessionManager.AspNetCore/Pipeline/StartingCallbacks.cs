using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>How the application's server runs <c>OnStarting</c> callbacks, as far as it has shown that. A server is told by the type of its
/// response: requests of one application may have different ones.</summary>
internal sealed class StartingCallbacks
{
    private Type? _run;
    private Type? _runNested;

    /// <summary>Whether they are known to be run at all. A context that somebody made without a server need not.</summary>
    public bool AreRun(HttpContext context) => Volatile.Read(ref _run) is { } type && type == TypeOf(context);

    /// <summary>Whether one that is registered inside one is known to be run. Kestrel does that, IIS and <c>TestServer</c> don't.</summary>
    public bool NestedAreRun(HttpContext context) => Volatile.Read(ref _runNested) is { } type && type == TypeOf(context);

    /// <summary>Learns, inside a callback, by registering another.</summary>
    public void Learn(HttpContext context)
    {
        var type = TypeOf(context);
        if (_run == type && _runNested == type)
        {
            return;
        }

        Volatile.Write(ref _run, type);
        if (!context.Response.HasStarted)
        {
            context.Response.OnStarting(
                static state =>
                {
                    var (callbacks, type) = ((StartingCallbacks, Type))state;
                    Volatile.Write(ref callbacks._runNested, type);
                    return Task.CompletedTask;
                },
                (this, type));
        }
    }

    private static Type TypeOf(HttpContext context) => context.Features[typeof(IHttpResponseFeature)]!.GetType();
}
