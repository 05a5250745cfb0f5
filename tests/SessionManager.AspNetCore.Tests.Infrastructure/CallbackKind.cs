namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Whose way of running <c>OnStarting</c> callbacks a test wants.</summary>
public enum CallbackKind
{
    /// <summary>As Kestrel does: a callback that is registered inside one runs next.</summary>
    Kestrel,

    /// <summary>In memory: what is registered inside a callback is never run.</summary>
    TestServer,

    /// <summary>As IIS does in process: they are taken out before they are run, so that what is registered meanwhile waits for ever.</summary>
    Iis,
}
