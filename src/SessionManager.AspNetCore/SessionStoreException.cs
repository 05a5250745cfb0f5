namespace SessionManager.AspNetCore;

/// <summary>The session store can't be reached, or did not answer within <see cref="SessionManagerOptions.IOTimeout"/>.
/// Unhandled, and before the response has started, it becomes a 503 with <c>Retry-After</c>.</summary>
public sealed class SessionStoreException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public SessionStoreException()
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must name no token, store key or value.</param>
    public SessionStoreException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception.</summary>
    /// <param name="message">What happened. It must name no token, store key or value.</param>
    /// <param name="innerException">The cause. Its text may be logged, so it must name none of them either.</param>
    public SessionStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the store did not answer in time. Calls that wait behind this one fail with it then, instead of waiting out a
    /// timeout each. The default is <see langword="false"/>.</summary>
    public bool IsTimeout { get; init; }
}
