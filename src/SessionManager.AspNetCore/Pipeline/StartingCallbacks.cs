using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>How the application's server runs <c>OnStarting</c> callbacks, as far as it has shown that.</summary>
internal sealed class StartingCallbacks
{
    private volatile bool _areRun;
    private volatile bool _nestedAreRun;

    /// <summary>Whether it is known to run them at all. A context that somebody made without a server need not.</summary>
    public bool AreRun => _areRun;

    /// <summary>Whether it is known to run one that is registered inside one. Kestrel does, IIS and <c>TestServer</c> don't.</summary>
    public bool NestedAreRun => _nestedAreRun;

    /// <summary>Learns, inside a callback, by registering another.</summary>
    public void Learn(HttpContext context)
    {
        _areRun = true;
        if (_nestedAreRun || context.Response.HasStarted)
        {
            return;
        }

        context.Response.OnStarting(
            static state =>
            {
                ((StartingCallbacks)state)._nestedAreRun = true;
                return Task.CompletedTask;
            },
            this);
    }
}
