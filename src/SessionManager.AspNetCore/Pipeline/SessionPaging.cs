using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Reads sessions page by page. Reading a page of the list reads only the records of that page.</summary>
internal sealed class SessionPaging(
    IOptions<SessionManagerOptions> options,
    ISessionRecordStore store,
    StoreFeatures features,
    SessionFinder finder,
    UserSessions users,
    SessionLifetime lifetime,
    SessionClock clock)
{
    private const int LargestPage = 1000;
    private const int LeastReadLimit = 200;

    /// <summary>Compares a user's sessions. The latest sign-in comes first; of two sign-ins at the same time, the
    /// greater id.</summary>
    public static IComparer<SessionRecord> LatestSignInFirst { get; } =
        Comparer<SessionRecord>.Create(static (left, right) => SignInOf(right).CompareTo(SignInOf(left)));

    /// <summary>Whether the store can list the sessions of all processes.</summary>
    public bool ListsAllSessions =>
        features.ListsAllSessions
        ?? (features.Local is null || string.Equals(store.Name, "memory", StringComparison.Ordinal));

    /// <summary>Counts the living sessions, as far as the store knows them.</summary>
    public SessionCount? Count() => features.Local?.Count(clock.Now) is var (anonymous, signedIn)
        ? new SessionCount { Anonymous = anonymous, SignedIn = signedIn }
        : null;

    /// <summary>Reads a page of all sessions. The newest session comes first.</summary>
    public async Task<SessionPage> ListAsync(int pageSize, string? continuation, CancellationToken cancellationToken)
    {
        CheckSize(pageSize);
        var last = SessionContinuation.Read(continuation, userId: null);
        var now = clock.Now;
        var sessions = new List<SessionInfo>();
        var read = 0;
        await foreach (var record in finder.ListAsync(last, cancellationToken))
        {
            // There is a record behind the page.
            if (sessions.Count == pageSize || read == ReadLimitOf(pageSize))
            {
                var next = SessionContinuation.Write(last!, userId: null);
                return new SessionPage { Sessions = sessions, Continuation = next };
            }

            read++;
            last = new SessionPosition(record.StartedAt, record.Id);
            if (!lifetime.IsExpired(record, now))
            {
                sessions.Add(lifetime.Describe(record));
            }
        }

        return new SessionPage { Sessions = sessions };
    }

    /// <summary>Reads a page of the sessions that a user is signed in to, or in which another user acts as the user.
    /// The latest sign-in comes first.</summary>
    public async Task<SessionPage> FindByUserAsync<TUserId>(
        TUserId userId, int pageSize, string? continuation, CancellationToken cancellationToken)
    {
        CheckSize(pageSize);
        var user = UserIdText.From(userId, options.Value);
        var last = SessionContinuation.Read(continuation, user ?? string.Empty);
        if (user is null)
        {
            return new SessionPage { Sessions = [] };
        }

        var rest = (await users.FindAsync(user, cancellationToken))
            .Select(found => found.Living)
            .OfType<SessionRecord>()
            .Where(record => last is null || SignInOf(record) < last)
            .Order(LatestSignInFirst)
            .Take(pageSize + 1)
            .ToList();
        return new SessionPage
        {
            Sessions = [.. rest.Take(pageSize).Select(lifetime.Describe)],
            Continuation = rest.Count > pageSize ? SessionContinuation.Write(SignInOf(rest[pageSize - 1]), user) : null,
        };
    }

    private static SessionPosition SignInOf(SessionRecord record) =>
        new(record.AuthenticatedAt ?? record.StartedAt, record.Id);

    // How many records a page may cost when most of them have expired.
    private static int ReadLimitOf(int pageSize) => Math.Max(LeastReadLimit, 4 * pageSize);

    private static void CheckSize(int pageSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, LargestPage);
    }
}
