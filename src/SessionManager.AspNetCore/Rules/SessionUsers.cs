namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// Decides under which user a store finds a session. A store finds each session under one user. When support acts as a
/// customer, the store finds the session under support, and the session counts against the limit of support. The
/// customer finds the session by a pointer, a separate record that counts against no limit.
/// </summary>
internal static class SessionUsers
{
    /// <summary>Returns the user under whom the store finds a session: the user who claims the session, acts in it or
    /// owns it.</summary>
    public static string? IndexOf(SessionRecord record) => record.Claim?.UserId ?? record.ActorId ?? record.OwnerId;

    /// <summary>Whether a session belongs to a user: the user is signed in, or acts as the signed-in user.</summary>
    public static bool AreOf(SessionRecord record, string userId) =>
        string.Equals(record.UserId, userId, StringComparison.Ordinal)
        || (record.IsActing && string.Equals(record.ActorId, userId, StringComparison.Ordinal));

    /// <summary>Whether a session counts against the limit of a user.</summary>
    public static bool TakesPlaceOf(SessionRecord record, string userId) =>
        string.Equals(record.IsActing ? record.ActorId : record.UserId, userId, StringComparison.Ordinal);

    /// <summary>Returns the id of the pointer to a session.</summary>
    public static Guid PointerTo(Guid session)
    {
        Span<byte> id = stackalloc byte[16];
        session.TryWriteBytes(id);
        foreach (ref var part in id)
        {
            part = (byte)~part;
        }

        return new Guid(id);
    }
}
