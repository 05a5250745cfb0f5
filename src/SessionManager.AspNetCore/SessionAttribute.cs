namespace SessionManager.AspNetCore;

/// <summary>
/// Says how an endpoint uses the session. The attribute stands on a controller, an action, a page model, a hub, a
/// component, or the method or lambda of a minimal API. <c>WithSession</c> does the same for endpoints that are mapped.
/// </summary>
/// <remarks>
/// <para>Each setting is found by itself: the nearest place that sets it decides. An action comes before its
/// controller, a class before its base class, an endpoint before its group, and a convention such as <c>WithSession</c>
/// before the attributes of the endpoint. So <c>[Session(Touch = false)]</c> on an action leaves the mode as the
/// controller has it. <c>[Session]</c> without a setting asks for <see cref="SessionMode.ReadWrite"/>.</para>
/// <para>Routing has to run before <c>UseSessionManager</c>, as it does in a <c>WebApplication</c>.</para>
/// <para>Don't put the attribute on a handler method of a Razor page: MVC does not read it there, and the application
/// does not start. On a method of a hub it has no effect. Put it on the page model or on the hub.</para>
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class SessionAttribute : Attribute
{
    /// <summary>Creates settings without a mode. The mode is that of the controller, the base class or the group, or
    /// else <see cref="SessionMode.ReadWrite"/>.</summary>
    public SessionAttribute()
    {
    }

    /// <summary>Creates settings with a mode.</summary>
    /// <param name="mode">The mode.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mode"/> is not a value of
    /// <see cref="SessionMode"/>.</exception>
    public SessionAttribute(SessionMode mode) => NamedMode = Checked(mode, nameof(mode));

    /// <summary>How the endpoint uses the session. The default is <see cref="SessionMode.ReadWrite"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a value of <see cref="SessionMode"/>.</exception>
    public SessionMode Mode
    {
        get => NamedMode ?? SessionMode.ReadWrite;
        set => NamedMode = Checked(value, nameof(value));
    }

    /// <summary>Whether a request to the endpoint keeps the session alive. The default is <see langword="true"/>. Set
    /// it to <see langword="false"/> for endpoints that a page polls: otherwise an open tab keeps its session alive for
    /// ever. A sign-in counts as use in any case.</summary>
    /// <remarks>An application that calls <c>UseRouting</c> itself calls it before <c>UseSessionManager</c>, so
    /// that the endpoint is known when the session is loaded.</remarks>
    public bool Touch
    {
        get => NamedTouch ?? true;
        set => NamedTouch = value;
    }

    /// <summary>What a request to the endpoint gets when its session can't be loaded. The default is
    /// <see cref="SessionManagerOptions.StoreFailureMode"/>. The property returns <see cref="StoreFailureMode.Fail"/>
    /// when it was not set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a value of
    /// <see cref="AspNetCore.StoreFailureMode"/>.</exception>
    public StoreFailureMode StoreFailureMode
    {
        get => ChosenStoreFailureMode ?? StoreFailureMode.Fail;
        set => ChosenStoreFailureMode = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), value, $"StoreFailureMode is '{value}'. Set it to Fail or Anonymous.");
    }

    internal StoreFailureMode? ChosenStoreFailureMode { get; private set; }

    private SessionMode? NamedMode { get; set; }

    private bool? NamedTouch { get; set; }

    // An attribute without a setting has always asked for the default mode.
    private SessionMode? ChosenMode =>
        NamedMode ?? (NamedTouch is null && ChosenStoreFailureMode is null ? SessionMode.ReadWrite : null);

    /// <summary>Merges the settings of an endpoint.</summary>
    /// <param name="levels">The settings of each level, the nearest level last.</param>
    internal static SessionAttribute Merge(IEnumerable<SessionAttribute> levels)
    {
        var (mode, touch, failure) = ((SessionMode?)null, (bool?)null, (StoreFailureMode?)null);
        foreach (var level in levels)
        {
            mode = level.ChosenMode ?? mode;
            touch = level.NamedTouch ?? touch;
            failure = level.ChosenStoreFailureMode ?? failure;
        }

        return new SessionAttribute { NamedMode = mode, NamedTouch = touch, ChosenStoreFailureMode = failure };
    }

    private static SessionMode Checked(SessionMode mode, string parameter) => Enum.IsDefined(mode)
        ? mode
        : throw new ArgumentOutOfRangeException(
            parameter, mode, $"The mode of the session is '{mode}'. Set it to ReadWrite, ReadOnly or Disabled.");
}
