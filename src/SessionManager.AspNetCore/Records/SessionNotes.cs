namespace SessionManager.AspNetCore.Records;

/// <summary>Under whom stores note a session. One in which support acts as a customer is noted under both: under support, whose place it takes, and
/// under a text of the customer that no user has, so that it is found, and takes none of the customer's places.</summary>
internal static class SessionNotes
{
    private const string Actors = "\uD800actors:";

    /// <summary>Where the sessions are noted in which others act as a user. A user's id is valid Unicode, which this is not.</summary>
    public static string OfActorsAs(string userId) => string.Concat(Actors, userId);

    /// <summary>Whether that is where sessions are noted, and no user.</summary>
    public static bool AreOfActors(string notedUnder) => notedUnder.StartsWith(Actors, StringComparison.Ordinal);

    /// <summary>Where a session is noted as its user's.</summary>
    public static string? OfUser(SessionRecord record) =>
        record.UserId is { } userId && record.IsActing ? OfActorsAs(userId) : record.UserId;

    /// <summary>Whether a session is found under a user: it is the user's, or the user acts as another in it.</summary>
    public static bool AreOf(SessionRecord record, string userId) =>
        string.Equals(record.UserId, userId, StringComparison.Ordinal)
        || (record.IsActing && string.Equals(record.ActorId, userId, StringComparison.Ordinal));

    /// <summary>Whether a session takes one of a user's places.</summary>
    public static bool TakesPlaceOf(SessionRecord record, string userId) =>
        string.Equals(record.IsActing ? record.ActorId : record.UserId, userId, StringComparison.Ordinal);

    /// <summary>The notes of a session.</summary>
    /// <param name="record">The session.</param>
    /// <param name="now">The time: a note of an actor has that of the acting, not that of the sign-in.</param>
    public static IEnumerable<(string UserId, SessionMember Member)> Of(SessionRecord record, DateTimeOffset now)
    {
        var signedIn = new SessionMember(record.Id, record.AuthenticatedAt ?? record.StartedAt);
        if (record.IsActing && record.ActorId is { } actor)
        {
            yield return (OfActorsAs(record.UserId!), new SessionMember(record.Id, now));
            yield return (actor, signedIn);
        }
        else if (record.UserId is { } userId)
        {
            yield return (userId, signedIn);
        }
    }
}
