namespace SessionManager.AspNetCore;

/// <summary>
/// How an endpoint uses the session. On a controller it holds for all its actions; on an action it overrides the
/// controller's. Needs routing to run before <c>UseSessionManager</c>, as it does in a <c>WebApplication</c>.
/// </summary>
/// <param name="mode">The mode. The default is <see cref="SessionMode.ReadWrite"/>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class SessionAttribute(SessionMode mode = SessionMode.ReadWrite) : Attribute
{
    /// <summary>How the endpoint uses the session.</summary>
    public SessionMode Mode { get; } = mode;

    /// <summary>Whether a request to this endpoint keeps the session alive. The default is <see langword="true"/>; turn it off
    /// for endpoints that a page polls, or an open tab never lets its session expire.</summary>
    public bool Touch { get; set; } = true;

    /// <summary>What this endpoint gets when the session can't be loaded. The default is
    /// <see cref="SessionManagerOptions.StoreFailureMode"/>.</summary>
    public StoreFailureMode StoreFailureMode
    {
        get => ChosenStoreFailureMode ?? StoreFailureMode.Fail;
        set => ChosenStoreFailureMode = value;
    }

    internal StoreFailureMode? ChosenStoreFailureMode { get; private set; }
}
