namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a user: one for all the user's sessions.</summary>
internal sealed class KnownUser(string id, StableTable<NoteKey, KnownNote> notes)
{
    public string Id => id;

    /// <summary>The store key of what is kept about the user. It costs a hash, so it is made once.</summary>
    public string? StoreKey { get; set; }

    /// <summary>The notes of the user's sessions, by the time of their sign-in.</summary>
    public SortedPlaces<NoteKey, KnownNote> Notes { get; } = new(notes);
}
