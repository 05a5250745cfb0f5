namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a user: one for all the user's sessions.</summary>
internal sealed class KnownUser(string id)
{
    public string Id => id;

    /// <summary>The store key of what is kept about the user. It costs a hash, so it is made once.</summary>
    public string? StoreKey { get; set; }

    /// <summary>The user's sessions, with the time of their sign-in.</summary>
    public Dictionary<Guid, DateTimeOffset> Members { get; } = [];
}
