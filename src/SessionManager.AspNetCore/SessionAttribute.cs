namespace SessionManager.AspNetCore;

/// <summary>
/// How an endpoint uses the session. On a controller it holds for all its actions; on an action it overrides the
/// controller's. Needs routing to run before <c>UseSessionManager</c>, as it does in a <c>WebApplication</c>.
/// </summary>
/// <param name="mode">The mode. The default is <see cref="SessionMode.ReadWrite"/>.</param>
/// <exception cref="ArgumentOutOfRangeException">The mode is not one of <see cref="SessionMode"/>.</exception>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class SessionAttribute(SessionMode mode = SessionMode.ReadWrite) : Attribute
{
    /// <summary>How the endpoint uses the session.</summary>
    public SessionMode Mode { get; } = Enum.IsDefined(mode)
        ? mode
        : throw new ArgumentOutOfRangeException(nameof(mode), mode, $"The mode of the session is '{mode}'. Set it to ReadWrite, ReadOnly or Disabled.");

    /// <summary>Whether a request to this endpoint keeps the session alive. The default is <see langword="true"/>; turn it off
    /// for endpoints that a page polls, or an open tab never lets its session expire.</summary>
    public bool Touch { get; set; } = true;

    /// <summary>What this endpoint gets when the session can't be loaded. The default is
    /// <see cref="SessionManagerOptions.StoreFailureMode"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">What is set is not one of <see cref="AspNetCore.StoreFailureMode"/>.</exception>
    public StoreFailureMode StoreFailureMode
    {
        get => ChosenStoreFailureMode ?? StoreFailureMode.Fail;
        set => ChosenStoreFailureMode = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"StoreFailureMode is '{value}'. Set it to Fail or Anonymous.");
    }

    internal StoreFailureMode? ChosenStoreFailureMode { get; private set; }
}
