namespace SessionManager.AspNetCore.Dashboard.History;

/// <summary>The counters and the last hour at one moment.</summary>
/// <param name="Now">The moment.</param>
/// <param name="Since">When this process began to count.</param>
/// <param name="SignedIn">The living sessions with a user.</param>
/// <param name="Anonymous">The living sessions without a user.</param>
/// <param name="Begun">The sessions that began since the start.</param>
/// <param name="Ended">The sessions that ended since the start.</param>
/// <param name="Minutes">The last sixty minutes, the current one last.</param>
internal sealed record HistorySnapshot(
    DateTimeOffset Now,
    DateTimeOffset Since,
    long SignedIn,
    long Anonymous,
    long Begun,
    long Ended,
    IReadOnlyList<HistoryMinute> Minutes)
{
    public long Live => SignedIn + Anonymous;
}
