using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Lists, finds and ends sessions. Each result of the store's index is checked against the record.</summary>
internal sealed class SessionDirectory(
    IOptions<SessionManagerOptions> options,
    ISessionRecordStore store,
    SessionRepository sessions,
    SessionFinder finder,
    UserSessions users,
    UserRevocations revocations,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEnding ending,
    UserErasure erasure,
    ProviderSessions providers,
    SessionPaging paging,
    SessionDetailsReader details,
    IHttpContextAccessor accessor) : ISessionDirectory
{
    public string StoreName => store.Name;

    public bool ListsAllSessions => paging.ListsAllSessions;

    public SessionCount? Count() => paging.Count();

    public async IAsyncEnumerable<SessionInfo> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var now = clock.Now;
        await using var records = finder.ListAsync(after: null, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await CaughtFailure.NotedAsync(accessor.HttpContext, records.MoveNextAsync().AsTask()))
        {
            var record = records.Current;
            if (!lifetime.IsExpired(record, now))
            {
                yield return lifetime.Describe(record);
            }
        }
    }

    public Task<SessionPage> ListPageAsync(
        int pageSize, string? continuation = null, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, paging.ListAsync(pageSize, continuation, cancellationToken));

    public Task<SessionPage> FindByUserPageAsync<TUserId>(
        TUserId userId, int pageSize, string? continuation = null, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(
            accessor.HttpContext, paging.FindByUserAsync(userId, pageSize, continuation, cancellationToken));

    public async Task<SessionDetails> GetDetailsAsync(
        string sessionId, CancellationToken cancellationToken = default) =>
        TryParse(sessionId, out var id)
            ? await CaughtFailure.NotedAsync(accessor.HttpContext, details.ReadAsync(id, cancellationToken))
            : new SessionDetails { Status = SessionStatus.NotFound };

    public Task<SessionInfo?> FindAsync(string sessionId, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, FindCoreAsync(sessionId, cancellationToken));

    private async Task<SessionInfo?> FindCoreAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (!TryParse(sessionId, out var id))
        {
            return null;
        }

        var found = await sessions.LoadAsync(id, cancellationToken);
        return found.Living is { } record && !lifetime.IsExpired(record, clock.Now) ? lifetime.Describe(record) : null;
    }

    public Task<IReadOnlyList<SessionInfo>> FindByUserAsync<TUserId>(
        TUserId userId, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, FindByUserCoreAsync(userId, cancellationToken));

    private async Task<IReadOnlyList<SessionInfo>> FindByUserCoreAsync<TUserId>(
        TUserId userId, CancellationToken cancellationToken)
    {
        if (UserIdText.From(userId, options.Value) is not { } user)
        {
            return [];
        }

        var found = await users.FindAsync(user, cancellationToken);
        return [.. found.Select(each => each.Living).OfType<SessionRecord>()
            .Order(SessionPaging.LatestSignInFirst).Select(lifetime.Describe)];
    }

    public Task<bool> RevokeAsync(string sessionId, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(accessor.HttpContext, RevokeCoreAsync(sessionId, cancellationToken));

    private async Task<bool> RevokeCoreAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (!TryParse(sessionId, out var id))
        {
            return false;
        }

        var found = await sessions.LoadAsync(id, cancellationToken);
        if (found.Status == SessionLookupStatus.Newer)
        {
            return await ending.RevokeUnreadAsync(id, default, cancellationToken);
        }

        if (found.Living is not { } record)
        {
            return false;
        }

        // An expired session is ended too. Otherwise, a running request that found it alive could save it.
        return !(lifetime.IsExpired(record, clock.Now) && await EndAsync(record, SessionEndReason.Expired))
            && await EndAsync(record, SessionEndReason.Revoked);

        ValueTask<bool> EndAsync(SessionRecord record, SessionEndReason reason) =>
            ending.EndAsync(record, reason, accessor.HttpContext, cancellationToken: cancellationToken);
    }

    public Task<int> RevokeUserAsync<TUserId>(
        TUserId userId, string? exceptSessionId = null, CancellationToken cancellationToken = default) =>
        CaughtFailure.NotedAsync(
            accessor.HttpContext, RevokeUserCoreAsync(userId, exceptSessionId, cancellationToken));

    private async Task<int> RevokeUserCoreAsync<TUserId>(
        TUserId userId, string? exceptSessionId, CancellationToken cancellationToken)
    {
        Guid except = default;
        if (exceptSessionId is not null && !TryParse(exceptSessionId, out except))
        {
            throw new ArgumentException(
                "The session to spare is not named by a session id. Pass SessionInfo.SessionId, or null to end all.",
                nameof(exceptSessionId));
        }

        if (UserIdText.From(userId, options.Value) is not { } user)
        {
            return 0;
        }

        // The revocation of the user comes first. It also revokes the sessions that the store does not find.
        var spared = exceptSessionId is null ? null : (await sessions.LoadAsync(except, cancellationToken)).Living;
        await revocations.RevokeAsync(user, spared, cancellationToken);
        var ended = 0;
        foreach (var group in SessionBatches.Of(await users.FindAsync(user, cancellationToken)))
        {
            var revoked = group
                .Where(found => exceptSessionId is null || (found.Record?.Id ?? found.Stored!.Id) != except)
                .ToList();
            ended += await ending.RevokeAllAsync(user, revoked, accessor.HttpContext, cancellationToken);
        }

        return ended;
    }

    public Task<int> RevokeByProviderAsync(
        string issuer, string? sid = null, string? subject = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(issuer);
        ThrowIfEmpty(sid, nameof(sid));
        ThrowIfEmpty(subject, nameof(subject));
        if (sid is null && subject is null)
        {
            throw new ArgumentException(
                "Neither the session nor the user at the provider is named. Pass 'sid', 'subject' or both.",
                nameof(sid));
        }

        var provider = new ProviderSession(issuer, sid, subject);
        return CaughtFailure.NotedAsync(
            accessor.HttpContext, providers.RevokeAsync(provider, accessor.HttpContext, cancellationToken));
    }

    public async Task<int> EraseUserAsync<TUserId>(TUserId userId, CancellationToken cancellationToken = default) =>
        UserIdText.From(userId, options.Value) is { } user
            ? await erasure.EraseAsync(user, accessor.HttpContext, cancellationToken)
            : 0;

    private static void ThrowIfEmpty(string? text, string name)
    {
        if (text is { Length: 0 })
        {
            throw new ArgumentException($"'{name}' is empty, so it names nothing. Pass null to leave it out.", name);
        }
    }

    // Only the spelling that SessionInfo.SessionId has.
    private static bool TryParse(string? sessionId, out Guid id) =>
        Guid.TryParseExact(sessionId, "D", out id)
        && string.Equals(id.ToString(), sessionId, StringComparison.OrdinalIgnoreCase);
}
