using System.Globalization;
using System.Runtime.CompilerServices;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Stores;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// What is noted of sessions so that they can be found by user and listed: sorted sets, beside the sessions, because on a cluster those
/// lie in other slots. A note is written before its session, so that no session is without one; one that no session stands behind is
/// taken away by whoever reads it, or by the server in the end.
/// </summary>
internal sealed class RedisIndex(SessionLifetime lifetime, string prefix, RedisCall calls)
{
    private const int PageSize = 64;
    private const int MostSpans = 50;
    private const long MillisecondsPerHour = 3_600_000;

    // In whole hours, so that the list of the longest lived sessions has no more than so many parts.
    private readonly long _hours = Math.Max(1, (long)Math.Ceiling(lifetime.AbsoluteTimeout.TotalHours / MostSpans));

    public async ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken)
    {
        var oldest = member.AdmittedAt - lifetime.UserTimeToLive;
        RedisValue[] arguments =
        [
            member.Id.ToString("N"), Time(member.AdmittedAt), limit ?? -1, RedisSessionStore.Milliseconds(lifetime.UserTimeToLive), Time(oldest),
        ];
        var result = await calls.RunAsync(IndexScripts.Admit, KeyOf(userId), member.Id, arguments, cancellationToken);
        return result is null or { IsNull: true } ? null : Read((RedisValue[])result!);
    }

    public async ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken) =>
        await calls.RunAsync(IndexScripts.Dismiss, KeyOf(userId), member.Id, [member.Id.ToString("N"), Time(member.AdmittedAt)], cancellationToken);

    public async ValueTask<IReadOnlyList<SessionMember>> FindAsync(string userId, CancellationToken cancellationToken)
    {
        var entries = await calls.RunAsync(
            static (database, key) => database.SortedSetRangeByRankWithScoresAsync(key), KeyOf(userId), Guid.Empty, cancellationToken);
        return [.. entries?.Select(Read).OfType<SessionMember>() ?? []];
    }

    /// <summary>Notes a session under its owner, at the time it began or signed in.</summary>
    public async ValueTask NoteOwnerAsync(string ownerId, SessionMember member, CancellationToken cancellationToken)
    {
        var oldest = member.AdmittedAt - lifetime.UserTimeToLive;
        RedisValue[] arguments =
            [member.Id.ToString("N"), Time(member.AdmittedAt), -1, RedisSessionStore.Milliseconds(lifetime.UserTimeToLive), Time(oldest)];
        await calls.RunAsync(IndexScripts.Admit, OwnerKey(ownerId), member.Id, arguments, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, CancellationToken cancellationToken)
    {
        var entries = await calls.RunAsync(
            static (database, key) => database.SortedSetRangeByRankWithScoresAsync(key), OwnerKey(ownerId), Guid.Empty, cancellationToken);
        return [.. entries?.Select(Read).OfType<SessionMember>() ?? []];
    }

    /// <summary>Takes the note away that a session is its owner's. The session is a tombstone for good, so nobody notes it again.</summary>
    public async ValueTask ForgetOwnerAsync(string ownerId, Guid id, CancellationToken cancellationToken) =>
        await calls.RunAsync(IndexScripts.Dismiss, OwnerKey(ownerId), id, [id.ToString("N"), Time(DateTimeOffset.MaxValue)], cancellationToken);

    /// <summary>Notes a session in the list, at the time it began or signed in.</summary>
    public async ValueTask NoteAsync(Guid id, DateTimeOffset startedAt, CancellationToken cancellationToken) =>
        await calls.RunAsync(
            IndexScripts.List,
            SpanKey(SpanOf(startedAt)),
            id,
            [NoteOf(new SessionMember(id, startedAt)), Time(startedAt), (lifetime.UserTimeToLive.TotalMilliseconds + (_hours * MillisecondsPerHour)).ToString("0", CultureInfo.InvariantCulture)],
            cancellationToken);

    public async IAsyncEnumerable<SessionRecord> ListAsync(
        DateTimeOffset now, SessionMember? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Another node's clock may be ahead.
        var first = after is { } last ? SpanOf(last.AdmittedAt) : SpanOf(now) + 1;
        for (var span = first; span >= SpanOf(now - lifetime.AbsoluteTimeout); span--)
        {
            await foreach (var record in ListSpanAsync(span, now, after, cancellationToken))
            {
                yield return record;
            }

            after = null;
        }
    }

    private async IAsyncEnumerable<SessionRecord> ListSpanAsync(
        long span, DateTimeOffset now, SessionMember? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await PageAsync(span, after, cancellationToken);
            var records = await Task.WhenAll(page.Select(member => ReadAsync(member.Id, cancellationToken)));
            for (var i = 0; i < page.Count; i++)
            {
                // Signed in again, or in vain, it is noted at that time too: each is listed once.
                if (records[i] is { } record && record.StartedAt == page[i].AdmittedAt)
                {
                    yield return record;
                }
            }

            // A young note may be of a session that is being saved.
            await ForgetAsync(
                span, page.Where((member, i) => records[i]?.StartedAt != member.AdmittedAt && now - member.AdmittedAt > lifetime.IdleTimeout), cancellationToken);
            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1];
        }
    }

    // By time and then by id, both downwards, behind the last one, whether that is still noted or not.
    private async Task<List<SessionMember>> PageAsync(long span, SessionMember? after, CancellationToken cancellationToken)
    {
        var page = new List<SessionMember>(PageSize);
        var most = after is { } last ? last.AdmittedAt.ToUnixTimeMilliseconds() : double.PositiveInfinity;
        for (var skip = 0; page.Count < PageSize; skip += PageSize)
        {
            var entries = await calls.RunAsync(
                (database, key) => database.SortedSetRangeByScoreWithScoresAsync(key, double.NegativeInfinity, most, Exclude.None, Order.Descending, skip, PageSize),
                SpanKey(span),
                Guid.Empty,
                cancellationToken) ?? [];
            page.AddRange(entries.Select(Read).OfType<SessionMember>().Where(member => IsBehind(member, after)).Take(PageSize - page.Count));
            if (entries.Length < PageSize)
            {
                break;
            }
        }

        return page;
    }

    private static bool IsBehind(SessionMember member, SessionMember? after) =>
        after is not { } last
        || member.AdmittedAt < last.AdmittedAt
        || (member.AdmittedAt == last.AdmittedAt && string.CompareOrdinal(member.Id.ToString("N"), last.Id.ToString("N")) < 0);

    private async Task<SessionRecord?> ReadAsync(Guid id, CancellationToken cancellationToken) =>
        await calls.RunAsync(static (database, key) => database.HashGetAsync(key, RedisRecord.HeaderFields), string.Concat(prefix, id.ToString("N")), id, cancellationToken)
            is { } fields
                ? RedisRecord.ReadHeader(id, fields)
                : null;

    private async ValueTask ForgetAsync(long span, IEnumerable<SessionMember> members, CancellationToken cancellationToken)
    {
        RedisValue[] notes = [.. members.Select(NoteOf)];
        if (notes.Length > 0)
        {
            await calls.RunAsync(
                (database, key) => database.SortedSetRemoveAsync(key, notes),
                SpanKey(span),
                Guid.Empty,
                cancellationToken);
        }
    }

    private static List<SessionMember> Read(RedisValue[] entries)
    {
        var members = new List<SessionMember>(entries.Length / 2);
        for (var i = 0; i + 1 < entries.Length; i += 2)
        {
            if (Read(new SortedSetEntry(entries[i], (double)entries[i + 1])) is { } member)
            {
                members.Add(member);
            }
        }

        return members;
    }

    // Its time is in it, because a sign-in that is refused must not take the place of the note of the one before.
    private static RedisValue NoteOf(SessionMember member) =>
        string.Create(CultureInfo.InvariantCulture, $"{member.Id:N}:{member.AdmittedAt.ToUnixTimeMilliseconds()}");

    private static SessionMember? Read(SortedSetEntry entry) =>
        Guid.TryParseExact(((string?)entry.Element)?.Split(':')[0], "N", out var id) ? new SessionMember(id, DateTimeOffset.FromUnixTimeMilliseconds((long)entry.Score)) : null;

    private long SpanOf(DateTimeOffset time) => (long)Math.Floor(time.ToUnixTimeMilliseconds() / (double)(_hours * MillisecondsPerHour));

    private string SpanKey(long span) => string.Create(CultureInfo.InvariantCulture, $"{prefix}list:{_hours}:{span}");

    private string KeyOf(string userId) => string.Concat(prefix, UserEpoch.KeyOf(userId));

    private string OwnerKey(string ownerId) => string.Concat(KeyOf(ownerId), ":owned");

    private static RedisValue Time(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
