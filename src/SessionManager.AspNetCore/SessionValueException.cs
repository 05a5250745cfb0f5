namespace SessionManager.AspNetCore;

/// <summary>The exception that is thrown when a value or a key can't be stored, is too large, or is not of the type
/// that it is read as. The session is unchanged.</summary>
public sealed class SessionValueException : Exception
{
    /// <summary>Creates an exception with the default message of <see cref="Exception"/>.</summary>
    public SessionValueException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must not contain the value.</param>
    public SessionValueException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must not contain the value.</param>
    /// <param name="innerException">The cause, or <see langword="null"/>.</param>
    public SessionValueException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
