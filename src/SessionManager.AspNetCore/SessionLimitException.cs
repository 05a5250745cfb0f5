namespace SessionManager.AspNetCore;

/// <summary>The exception that a save throws when it contains a sign-in that is refused: the user has as many sessions
/// as <see cref="SessionManagerOptions.MaxSessionsPerUser"/> allows, and
/// <see cref="SessionManagerOptions.SessionLimitBehavior"/> is <see cref="SessionLimitBehavior.RejectNew"/>, or is
/// <see cref="SessionLimitBehavior.RevokeOldest"/> and later sign-ins have taken all places at the same moment. The
/// user is not signed in. An unhandled exception is answered with 409, unless the response has started.</summary>
public sealed class SessionLimitException : Exception
{
    /// <summary>Creates an exception with the default message of <see cref="Exception"/>.</summary>
    public SessionLimitException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must name no token, store key or value.</param>
    public SessionLimitException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must name no token, store key or value.</param>
    /// <param name="innerException">The cause, or <see langword="null"/>.</param>
    public SessionLimitException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
