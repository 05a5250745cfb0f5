namespace SessionManager.AspNetCore;

/// <summary>The session ended, or changed its user, while the request was running, and its changes were not saved.
/// Unhandled, and before the response has started, it becomes a 409.</summary>
public sealed class SessionEndedException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public SessionEndedException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened.</param>
    public SessionEndedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public SessionEndedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
