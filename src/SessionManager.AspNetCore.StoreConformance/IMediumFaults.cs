namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Makes the medium behind the stores of a test fail.</summary>
public interface IMediumFaults
{
    /// <summary>Makes each call of the medium fail without any effect. If the medium allows it, the message names the
    /// store key and the bytes of the call, as the messages of databases do.</summary>
    Task FailAsync();

    /// <summary>Makes each call of the medium hang. The calls ignore their cancellation tokens.</summary>
    Task HangAsync();

    /// <summary>Makes the medium apply the next write and then report a failure.</summary>
    Task LoseNextAcknowledgementAsync();

    /// <summary>Makes the medium work again. Hanging calls end, and the medium may still apply them. The task completes
    /// when the last of these calls has ended. The method has no effect on a medium that works.</summary>
    Task HealAsync();
}
