namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Makes the medium behind a store fail.</summary>
public interface ISessionStoreFaults
{
    /// <summary>Every call fails from now on, with a message that names the key and the bytes where the medium can do that.</summary>
    void Fail();

    /// <summary>No call is answered from now on, and none listens to its cancellation token.</summary>
    void Hang();

    /// <summary>The next write is done and then reported as failed.</summary>
    void LoseNextAcknowledgement();

    /// <summary>All is well again. Calls that hang end, one way or another.</summary>
    void Heal();
}
