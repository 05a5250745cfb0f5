namespace SessionManager.AspNetCore;

/// <summary>How long a sign-in lasts. Without these options, a sign-in lasts as long as
/// <see cref="SessionManagerOptions.IdleTimeout"/> and <see cref="SessionManagerOptions.AbsoluteTimeout"/> allow, and
/// ends with the browser.</summary>
/// <remarks>A sign-in through an authentication scheme takes the same from <c>AuthenticationProperties</c>:
/// <c>IsPersistent</c>, <c>ExpiresUtc</c> as <see cref="AbsoluteTimeout"/>, and <c>AllowRefresh</c> as
/// <see cref="SlidingExpiration"/>.</remarks>
public sealed class SessionSignInOptions
{
    /// <summary>Whether the session outlives the browser ("remember me"). The cookie then has a <c>Max-Age</c> to the
    /// absolute end of the session. The default is <see langword="false"/>.</summary>
    public bool IsPersistent { get; set; }

    /// <summary>How long the session lives without being used. The default is <see langword="null"/>:
    /// <see cref="SessionManagerOptions.IdleTimeout"/>, or
    /// <see cref="SessionManagerOptions.PersistentIdleTimeout"/> when <see cref="IsPersistent"/> is set. That is also
    /// the maximum. The minimum is 1 millisecond.</summary>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>How long the session lives even when it is used, counted from the sign-in. The default is
    /// <see langword="null"/>: <see cref="SessionManagerOptions.AbsoluteTimeout"/>, or
    /// <see cref="SessionManagerOptions.PersistentAbsoluteTimeout"/> when <see cref="IsPersistent"/> is set. That is
    /// also the maximum. The minimum is 1 millisecond.</summary>
    public TimeSpan? AbsoluteTimeout { get; set; }

    /// <summary>Whether each use of the session begins the idle timeout anew. Otherwise it counts from the sign-in. The
    /// default is <see langword="true"/>.</summary>
    public bool SlidingExpiration { get; set; } = true;
}
