namespace SessionManager.AspNetCore;

/// <summary>The exception that a save throws when the session ended, or changed its user, while the request was
/// running. The changes were not saved. An unhandled exception is answered with 409, unless the response has
/// started.</summary>
public sealed class SessionEndedException : Exception
{
    /// <summary>Creates an exception with the default message of <see cref="Exception"/>.</summary>
    public SessionEndedException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must name no token, store key or value.</param>
    public SessionEndedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must name no token, store key or value.</param>
    /// <param name="innerException">The cause, or <see langword="null"/>.</param>
    public SessionEndedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
