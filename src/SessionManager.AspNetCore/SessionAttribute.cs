namespace SessionManager.AspNetCore;

/// <summary>
/// How an endpoint uses the session: on a controller, an action, a page model, a hub, a component, or the method or lambda of a minimal API.
/// Needs routing to run before <c>UseSessionManager</c>, as it does in a <c>WebApplication</c>.
/// </summary>
/// <remarks>Each setting counts by itself, and the nearest place that names it decides: an action before its controller, a class before its
/// base class, an endpoint before its group, and what is added to an endpoint by a convention, as <c>WithSession</c> does, before its attributes.
/// So <c>[Session(Touch = false)]</c> leaves the mode as the controller has it. <c>[Session]</c>, which names nothing, asks for
/// <see cref="SessionMode.ReadWrite"/>. On a method that handles a Razor page MVC looks for no such attribute, so the application does not
/// start; on a method of a hub nobody looks for it either: put it on the class.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class SessionAttribute : Attribute
{
    private readonly SessionMode? _mode;

    /// <summary>Names no mode: it is that of the controller, the base class or the group, or else <see cref="SessionMode.ReadWrite"/>.</summary>
    public SessionAttribute()
    {
    }

    /// <summary>Names the mode.</summary>
    /// <param name="mode">The mode.</param>
    /// <exception cref="ArgumentOutOfRangeException">The mode is not one of <see cref="SessionMode"/>.</exception>
    public SessionAttribute(SessionMode mode) => _mode = Enum.IsDefined(mode)
        ? mode
        : throw new ArgumentOutOfRangeException(nameof(mode), mode, $"The mode of the session is '{mode}'. Set it to ReadWrite, ReadOnly or Disabled.");

    private SessionAttribute(SessionMode? mode) => _mode = mode;

    /// <summary>How the endpoint uses the session. The default is <see cref="SessionMode.ReadWrite"/>.</summary>
    public SessionMode Mode => _mode ?? SessionMode.ReadWrite;

    /// <summary>Whether a request to this endpoint keeps the session alive. The default is <see langword="true"/>; turn it off
    /// for endpoints that a page polls, or an open tab never lets its session expire. A sign-in is use everywhere.</summary>
    /// <remarks>Put <c>UseRouting</c> in front of <c>UseSessionManager</c> where the application calls it: a store that touches as it loads, as
    /// the one on Redis does, has touched before an endpoint behind it is known.</remarks>
    public bool Touch
    {
        get => ChosenTouch ?? true;
        set => ChosenTouch = value;
    }

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

    // An attribute that names nothing has always asked for the default mode.
    private SessionMode? ChosenMode => _mode ?? (ChosenTouch is null && ChosenStoreFailureMode is null ? SessionMode.ReadWrite : null);

    private bool? ChosenTouch { get; set; }

    /// <summary>The settings of an endpoint.</summary>
    /// <param name="levels">What is named at each level, the nearest last.</param>
    internal static SessionAttribute Merge(IEnumerable<SessionAttribute> levels)
    {
        var (mode, touch, failure) = ((SessionMode?)null, (bool?)null, (StoreFailureMode?)null);
        foreach (var level in levels)
        {
            (mode, touch, failure) = (level.ChosenMode ?? mode, level.ChosenTouch ?? touch, level.ChosenStoreFailureMode ?? failure);
        }

        return new SessionAttribute(mode) { ChosenTouch = touch, ChosenStoreFailureMode = failure };
    }
}
