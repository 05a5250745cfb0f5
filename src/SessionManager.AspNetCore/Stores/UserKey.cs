namespace SessionManager.AspNetCore.Stores;

/// <summary>The store keys of a user. A key costs a hash, so both are made at once.</summary>
/// <param name="userId">The user.</param>
/// <param name="hash">The first half of the hash, for locks.</param>
/// <param name="epoch">The key of the user's epoch.</param>
/// <param name="sessions">The key of the list of the user's sessions.</param>
internal sealed class UserKey(string userId, Guid hash, string epoch, string sessions)
{
    public string UserId => userId;

    public Guid Hash => hash;

    public string Epoch => epoch;

    public string Sessions => sessions;
}
