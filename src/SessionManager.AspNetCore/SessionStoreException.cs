namespace SessionManager.AspNetCore;

/// <summary>The exception that is thrown when the session store can't be reached, or does not answer within
/// <see cref="SessionManagerOptions.IOTimeout"/>, or when one request has waited for the store for twice that time. An
/// unhandled exception is answered with 503 and <c>Retry-After</c>, unless the response has started.</summary>
public sealed class SessionStoreException : Exception
{
    /// <summary>Creates an exception with the default message of <see cref="Exception"/>.</summary>
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
    /// <param name="innerException">The cause, or <see langword="null"/>. Its message may be logged, so it must name no
    /// token, store key or value either.</param>
    public SessionStoreException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the store did not answer in time. Calls that wait behind a call that timed out fail with it,
    /// instead of waiting for a timeout each. The default is <see langword="false"/>.</summary>
    public bool IsTimeout { get; init; }

    /// <summary>Whether the call was given up on, or was not made, because its request had waited too long
    /// altogether.</summary>
    internal bool IsBudgetSpent { get; init; }

    /// <summary>Whether the failure is counted in the log of the outage.</summary>
    internal bool IsCounted { get; set; }
}
