using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>A change of the list of a user's sessions: one session is added or removed.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct UserIndexChange
{
    private readonly IndexedSession _session;
    private readonly long _now;
    private readonly bool _removes;

    private UserIndexChange(string userId, IndexedSession session, bool removes, DateTimeOffset now) =>
        (UserId, _session, _removes, _now) = (userId, session, removes, now.ToUnixTimeMilliseconds());

    /// <summary>The user.</summary>
    public string UserId { get; }

    /// <summary>What a write adds.</summary>
    public static UserIndexChange Add(string userId, SessionWrite write) => new(
        userId,
        new IndexedSession(write.Id, write.IndexUntil.ToUnixTimeMilliseconds()),
        removes: false,
        write.Now);

    /// <summary>What a touch adds.</summary>
    public static UserIndexChange Add(string userId, SessionTouch touch) => new(
        userId,
        new IndexedSession(touch.Id, touch.IndexUntil.ToUnixTimeMilliseconds()),
        removes: false,
        touch.LastSeenAt);

    /// <summary>What the write of a tombstone removes.</summary>
    public static UserIndexChange Remove(string userId, SessionWrite tombstone) =>
        new(userId, new IndexedSession(tombstone.Id, KeepUntil: 0), removes: true, tombstone.Now);

    /// <summary>The list after the change. Sessions that need not be kept any longer are dropped from it.</summary>
    /// <param name="stored">The list before the change.</param>
    /// <param name="timeToLive">How long the list is to be kept.</param>
    /// <returns>The list; <see langword="null"/> when the stored list is as it should be.</returns>
    public byte[]? Apply(byte[]? stored, out TimeSpan timeToLive)
    {
        var sessions = UserIndexCodec.Read(stored);
        timeToLive = default;
        var (id, now) = (_session.Id, _now);
        var place = sessions.FindIndex(known => known.Id == id);
        if (_removes ? place < 0 : place >= 0 && sessions[place].KeepUntil >= _session.KeepUntil)
        {
            return null;
        }

        sessions.RemoveAll(known => known.Id == id || known.KeepUntil <= now);
        if (!_removes)
        {
            sessions.Add(_session);
        }

        // The last session that is removed leaves an empty list, which the cache soon drops.
        timeToLive = TimeSpan.FromMilliseconds(sessions.Count == 0 ? 0 : sessions.Max(known => known.KeepUntil) - now);
        return UserIndexCodec.Write(sessions);
    }
}
