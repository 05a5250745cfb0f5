namespace SessionManager.AspNetCore.Tests.Infrastructure;

internal enum CacheFault
{
    /// <summary>Throws.</summary>
    Fail,

    /// <summary>Never answers, and does not listen to the cancellation token.</summary>
    Hang,

    /// <summary>Never answers until it is cancelled.</summary>
    HangUntilCancelled,

    /// <summary>Get: answers with damaged bytes.</summary>
    Corrupt,

    /// <summary>The entry is gone before the call sees it.</summary>
    Evict,

    /// <summary>Set: stores, and then throws.</summary>
    LoseAcknowledgement,
}
