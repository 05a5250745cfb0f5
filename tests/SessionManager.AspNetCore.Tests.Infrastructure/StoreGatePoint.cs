namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A point of a call of <see cref="FaultStore"/>.</summary>
internal enum StoreGatePoint
{
    /// <summary>Before it reaches the store.</summary>
    Before,

    /// <summary>The store has it, and has ended it or waits.</summary>
    HandedOn,

    /// <summary>It has ended, and its caller has not been told.</summary>
    After,
}
