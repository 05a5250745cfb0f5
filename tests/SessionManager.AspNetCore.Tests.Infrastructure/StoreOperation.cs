namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>What a <see cref="FaultStore"/> is asked to do.</summary>
public enum StoreOperation
{
    /// <summary>A load.</summary>
    Load,

    /// <summary>A touch.</summary>
    Touch,

    /// <summary>A write that is no end.</summary>
    Commit,

    /// <summary>A write of a tombstone.</summary>
    End,

    /// <summary>The search for the sessions of a user.</summary>
    FindByUser,

    /// <summary>A page of the list.</summary>
    List,

    /// <summary>The load of the epoch of a user.</summary>
    LoadEpoch,

    /// <summary>The write of the epoch of a user.</summary>
    SaveEpoch,

    /// <summary>The probe of a health check.</summary>
    Probe,
}
