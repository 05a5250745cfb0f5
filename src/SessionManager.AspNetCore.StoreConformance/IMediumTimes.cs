namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Tells how long the medium still keeps what a store has written.</summary>
public interface IMediumTimes
{
    /// <summary>How long the medium still keeps a record: the time to live where the medium counts down, and otherwise
    /// the time from the last write's <see cref="Storage.SessionWrite.Now"/> or the last touch's
    /// <see cref="Storage.SessionTouch.LastSeenAt"/> to the time at which the store removes the record.</summary>
    /// <param name="id">The record.</param>
    /// <returns>The time left; <see langword="null"/>: for ever.</returns>
    Task<TimeSpan?> ReadRecordAsync(Guid id);

    /// <summary>How long the medium still keeps what is stored beside the records, so that those of a user are
    /// found.</summary>
    /// <param name="userId">The user.</param>
    /// <returns>The time left; <see langword="null"/>: for ever, or as long as the records because it is a part of
    /// them.</returns>
    Task<TimeSpan?> ReadIndexAsync(string userId);
}
