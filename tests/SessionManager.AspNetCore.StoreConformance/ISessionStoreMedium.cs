namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>A look behind a store: what it has written, and a hand that spoils it.</summary>
public interface ISessionStoreMedium
{
    /// <summary>The key of every session the stores of this test have written.</summary>
    Task<IReadOnlyCollection<string>> ListKeysAsync();

    /// <summary>Every other key they have written: what is noted about users, and lists.</summary>
    Task<IReadOnlyCollection<string>> ListNoteKeysAsync();

    /// <summary>How long the medium still keeps a key; <see langword="null"/>: for ever.</summary>
    Task<TimeSpan?> ReadTimeToLiveAsync(string key);

    /// <summary>All that is stored under a key, in any form that is the same when nothing has changed and shows stored bytes as they are.</summary>
    Task<byte[]> ReadAsync(string key);

    /// <summary>Spoils what is stored for a session, so that it is not a whole record any more.</summary>
    Task DamageAsync(Guid id);

    /// <summary>Makes what is stored for a session look written by a newer version of the library.</summary>
    Task MakeNewerAsync(Guid id);

    /// <summary>Loses what is stored for a session, as a medium that runs out of memory does.</summary>
    Task EvictAsync(Guid id);
}
