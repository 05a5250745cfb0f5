namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>What goes wrong with a call of <see cref="FaultStore"/>.</summary>
public enum StoreFaultKind
{
    /// <summary>Nothing happens, and the call fails.</summary>
    Fail,

    /// <summary>Nothing happens, and the call fails after its time is up.</summary>
    Hang,

    /// <summary>The call is carried out, and then fails.</summary>
    LoseAcknowledgement,

    /// <summary>A load finds nothing.</summary>
    Evict,

    /// <summary>A load finds something unreadable.</summary>
    Corrupt,
}
