namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Reads how long the medium still keeps the data of a store.</summary>
public interface IMediumTimes
{
    /// <summary>Returns how long the medium still keeps a record. If the medium counts down, the result is the time to
    /// live. Otherwise, the result is the time from <see cref="Storage.SessionWrite.Now"/> of the last write, or
    /// <see cref="Storage.SessionTouch.LastSeenAt"/> of the last touch, to the removal of the record.</summary>
    /// <param name="id">The record.</param>
    /// <returns>The time left; <see langword="null"/> when the medium keeps the record for ever.</returns>
    Task<TimeSpan?> ReadRecordAsync(Guid id);

    /// <summary>Returns how long the medium still keeps the index entry of a user.</summary>
    /// <param name="userId">The user.</param>
    /// <returns>The time left; <see langword="null"/> when the medium keeps the entry for ever, or as long as the
    /// records.</returns>
    Task<TimeSpan?> ReadIndexAsync(string userId);
}
