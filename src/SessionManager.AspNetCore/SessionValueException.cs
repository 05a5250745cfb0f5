namespace SessionManager.AspNetCore;

/// <summary>A value or a key can't be stored, is too large, or is not of the type it was read as. The session is unchanged.</summary>
public sealed class SessionValueException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
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
    /// <param name="innerException">The cause.</param>
    public SessionValueException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
