namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a user: one for all the user's sessions.</summary>
internal sealed class KnownUser(string id, StableTable<NoteKey, KnownNote> notes)
{
    public string Id => id;

    /// <summary>The store key of what is kept about the user. It costs a hash, so it is made once.</summary>
    public string? StoreKey { get; set; }

    /// <summary>The notes of the user's sessions, by the time of their sign-in.</summary>
    public SortedPlaces<NoteKey, KnownNote> Notes { get; } = new(notes);

    /// <summary>The sessions that belong to the user, who is not signed in to them; <see langword="null"/> when there are none.</summary>
    public SortedPlaces<Guid, KnownOwned>? Owned { get; set; }
}
