namespace SessionManager.AspNetCore;

/// <summary>A sign-in was refused, because the user has as many sessions as <see cref="SessionManagerOptions.MaxSessionsPerUser"/>
/// allows and <see cref="SessionManagerOptions.OnSessionLimit"/> is <see cref="OnSessionLimit.RejectNew"/>. Nothing was saved. Where no
/// handler catches it, the answer is 409.</summary>
public sealed class SessionLimitException : Exception
{
    /// <summary>Creates it with a default message.</summary>
    public SessionLimitException()
        : this("The user has as many sessions as are allowed. Sign out elsewhere first.")
    {
    }

    /// <summary>Creates it with a message.</summary>
    public SessionLimitException(string message)
        : base(message)
    {
    }

    /// <summary>Creates it with a message and a cause.</summary>
    public SessionLimitException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
