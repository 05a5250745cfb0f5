using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Lists, finds and ends sessions by way of the store. What the store has noted is checked against the records.</summary>
internal sealed class SessionDirectory(
    IOptions<SessionManagerOptions> options,
    ObservedStore store,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionAdmission admission,
    SessionEnding ending,
    UserErasure erasure,
    IHttpContextAccessor accessor) : ISessionDirectory
{
    public async IAsyncEnumerable<SessionInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var now = clock.Now;
        await using var records = store.ListAsync(now, after: null, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await CaughtFailure.NotedAsync(accessor.HttpContext, records.MoveNextAsync().AsTask()))
        {
            var record = records.Current;
            if (!lifetime.IsExpired(record, now))
            {
                yield return lifetime.Describe(record);
            }
        }
    }

    public Task<SessionInfo?> FindAsync(string sessionId, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, FindCoreAsync(sessionId, cancellationToken));

    private async Task<SessionInfo?> FindCoreAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (!TryParse(sessionId, out var id))
        {
            return null;
        }

        var now = clock.Now;
        var found = await store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        return found is { Record: { } record, EndReason: null } && !lifetime.IsExpired(record, now) ? lifetime.Describe(record) : null;
    }

    public Task<IReadOnlyList<SessionInfo>> FindByUserAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, FindByUserCoreAsync(userId, cancellationToken));

    private async Task<IReadOnlyList<SessionInfo>> FindByUserCoreAsync<TUserId>(TUserId userId, CancellationToken cancellationToken)
    {
        if (UserIdText.From(userId, options.Value) is not { } user)
        {
            return [];
        }

        var (records, _) = await FindOfUserAsync(user, cancellationToken);
        return [.. records.OrderByDescending(record => record.AuthenticatedAt).Select(lifetime.Describe)];
    }

    public Task<bool> RevokeAsync(string sessionId, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, RevokeCoreAsync(sessionId, cancellationToken));

    private async Task<bool> RevokeCoreAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (!TryParse(sessionId, out var id))
        {
            return false;
        }

        var now = clock.Now;
        var found = await store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        if (found.Status == SessionLookupStatus.Newer)
        {
            return await ending.RevokeNewerAsync(new SessionMember(id, now), userId: null, cancellationToken);
        }

        if (found is not { Record: { } record, EndReason: null })
        {
            return false;
        }

        // An expired session is ended all the same: a request that found it alive and still runs could save it otherwise.
        return !(lifetime.IsExpired(record, now) && await EndAsync(record, SessionEndReason.Expired))
            && await EndAsync(record, SessionEndReason.Revoked);

        ValueTask<bool> EndAsync(SessionRecord record, SessionEndReason reason) =>
            ending.EndAsync(record, reason, accessor.HttpContext, cancellationToken: cancellationToken);
    }

    public Task<int> RevokeUserAsync<TUserId>(TUserId userId, string? exceptSessionId = null, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, RevokeUserCoreAsync(userId, exceptSessionId, cancellationToken));

    private async Task<int> RevokeUserCoreAsync<TUserId>(TUserId userId, string? exceptSessionId, CancellationToken cancellationToken)
    {
        Guid except = default;
        if (exceptSessionId is not null && !TryParse(exceptSessionId, out except))
        {
            throw new ArgumentException("The session to spare is not named by a session id. Pass SessionInfo.SessionId, or null to end all.", nameof(exceptSessionId));
        }

        if (UserIdText.From(userId, options.Value) is not { } user)
        {
            return 0;
        }

        // Found first: afterwards they may be found revoked.
        var (records, newer) = await FindOfUserAsync(user, cancellationToken);
        await store.RevokeUnlistedAsync(user, exceptSessionId is null ? null : except, cancellationToken);
        var ended = 0;
        foreach (var group in SessionBatches.Of(records.Where(record => exceptSessionId is null || record.Id != except)))
        {
            var results = await Task.WhenAll(group.Select(record =>
                admission.RevokeAsync(user, record, accessor.HttpContext, teller: null, cancellationToken).AsTask()));
            ended += results.Count(result => result);
        }

        foreach (var member in newer.Where(member => exceptSessionId is null || member.Id != except))
        {
            ended += await ending.RevokeNewerAsync(member, user, cancellationToken) ? 1 : 0;
        }

        return ended;
    }

    public async Task<int> EraseUserAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default) =>
        UserIdText.From(userId, options.Value) is { } user ? await erasure.EraseAsync(user, accessor.HttpContext, cancellationToken) : 0;

    // Those of a newer version can't be shown, but that they are noted is evidence enough to revoke them.
    private async Task<(List<SessionRecord> Records, List<SessionMember> Newer)> FindOfUserAsync(string user, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var records = new List<SessionRecord>();
        var newer = new List<SessionMember>();
        await FindAsync(user, user, now, records, newer, cancellationToken);
        await FindAsync(user, SessionNotes.OfActorsAs(user), now, records, newer, cancellationToken);
        return ([.. records.DistinctBy(record => record.Id)], newer);
    }

    private async Task FindAsync(
        string user, string notedUnder, DateTimeOffset now, List<SessionRecord> records, List<SessionMember> newer, CancellationToken cancellationToken)
    {
        foreach (var group in SessionBatches.Of(await store.FindMembersAsync(notedUnder, cancellationToken)))
        {
            var found = await Task.WhenAll(group.Select(member => admission.LookUpAsync(member.Id, now, accessor.HttpContext, teller: null, cancellationToken).AsTask()));
            for (var i = 0; i < group.Length; i++)
            {
                if (admission.LivingOf(user, found[i], now) is { } record)
                {
                    records.Add(record);
                }
                else if (found[i].Status == SessionLookupStatus.Newer)
                {
                    newer.Add(group[i]);
                }
                else
                {
                    await admission.DismissIfOldAsync(notedUnder, group[i], now, cancellationToken);
                }
            }
        }
    }

    // One spelling only, the one that is shown.
    private static bool TryParse(string? sessionId, out Guid id) =>
        Guid.TryParseExact(sessionId, "D", out id) && string.Equals(id.ToString(), sessionId, StringComparison.OrdinalIgnoreCase);
}
