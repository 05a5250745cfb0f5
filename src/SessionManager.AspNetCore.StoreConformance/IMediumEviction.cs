namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Loses what a store keeps beside its records, as a medium that runs out of memory does.</summary>
public interface IMediumEviction
{
    /// <summary>Loses what is stored beside the records so that those of a user are found.</summary>
    /// <param name="userId">The user.</param>
    Task EvictIndexAsync(string userId);
}
