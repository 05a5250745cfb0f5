namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Removes the entries that a store keeps beside its records, as a medium without memory does.</summary>
public interface IMediumEviction
{
    /// <summary>Removes the index entry by which the store finds the records of a user.</summary>
    /// <param name="userId">The user.</param>
    Task EvictIndexAsync(string userId);
}
