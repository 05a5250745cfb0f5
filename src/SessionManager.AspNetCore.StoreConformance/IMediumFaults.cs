namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Makes the medium behind the stores of a test fail.</summary>
public interface IMediumFaults
{
    /// <summary>From now on every call to the medium fails, and does nothing. Where the medium allows it, the message
    /// names the store key and the bytes of the call, as the messages of databases do.</summary>
    Task FailAsync();

    /// <summary>From now on the medium answers no call, and a call does not listen to its cancellation token
    /// either.</summary>
    Task HangAsync();

    /// <summary>The medium does the next write, and then reports it as failed.</summary>
    Task LoseNextAcknowledgementAsync();

    /// <summary>The medium works again. Calls that hang end, in one way or another: the medium may do them now. The
    /// task completes when the last of these calls has ended. Does nothing to a medium that works.</summary>
    Task HealAsync();
}
