using System.Globalization;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The list of all records: by the hour in which they started. <see cref="RecordIndex"/> draws the sets. The hours themselves are
/// kept, because a store has no clock from which a reader could go back.</summary>
internal sealed class RecordList(string prefix, RedisCall calls)
{
    /// <summary>How many sets an hour is cut into. They spread over the machines of a cluster, and small ones take less memory.</summary>
    public const int Parts = 64;

    private const long Hour = 3_600_000;
    private const long Minute = 60_000;

    private readonly RecordHeaders _headers = new(prefix, calls);
    private NotedHour? _noted;

    private string HoursKey => string.Concat(prefix, "list");

    /// <summary>Writes the entry of a record that is about to be written.</summary>
    public Task AddAsync(SessionPosition entry, long now, long until, bool mustGetThrough)
    {
        var adding = RecordIndex.WriteAsync(
            calls, KeyOf(HourOf(entry), PartOf(entry)), [ListEntry.Write(entry), entry.StartedAt.ToUnixTimeMilliseconds(), long.MinValue, Math.Max(1, until - now), mustGetThrough]);
        return _noted is { } noted && noted.Hour == HourOf(entry) && noted.Until >= until && Math.Abs(now - noted.At) < Minute
            ? adding
            : Task.WhenAll(adding, NoteHourAsync(HourOf(entry), now, until, mustGetThrough));
    }

    /// <summary>Removes entries, without waiting.</summary>
    public void Remove(IEnumerable<SessionPosition> entries)
    {
        foreach (var entry in entries)
        {
            calls.Post((database, key) => database.SortedSetRemoveAsync(key, ListEntry.Write(entry), CommandFlags.FireAndForget), KeyOf(HourOf(entry), PartOf(entry)));
        }
    }

    /// <summary>A page of records without values, those that started last in front.</summary>
    public async Task<IReadOnlyList<StoredSession>> ReadAsync(SessionPosition? after, int count, CancellationToken cancellationToken)
    {
        var last = after;
        var page = new List<StoredSession>();
        foreach (var hour in await ReadHoursAsync(last))
        {
            for (var ended = false; !ended && page.Count < count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (var entries, ended) = await ReadHourAsync(hour, last, count - page.Count);
                page.AddRange(await LoadAsync(entries));
                last = entries is [.., var lowest] ? lowest : last;
            }
        }

        return page;
    }

    private async Task<IEnumerable<long>> ReadHoursAsync(SessionPosition? last)
    {
        var hours = await calls.SendAsync(
            static (database, key) => database.SortedSetRangeByRankAsync(key, flags: CommandFlags.DemandMaster), HoursKey) ?? [];
        return hours.Where(static hour => hour.TryParse(out long _))
            .Select(static hour => (long)hour)
            .Where(hour => last is null || hour <= HourOf(last))
            .OrderDescending();
    }

    // The next entries of an hour, and whether these are all. A part that has more entries than were asked for may have them in front of
    // what follows in other parts: what is below its last one is left to the next time.
    private async Task<(List<SessionPosition> Entries, bool Ended)> ReadHourAsync(long hour, SessionPosition? last, int count)
    {
        var most = (count / 8) + 4;
        var parts = await Task.WhenAll(Enumerable.Range(0, Parts).Select(part => ReadPartAsync(KeyOf(hour, part), last, most)));
        var unfinished = parts.Where(static part => !part.Ended).ToList();
        var lowest = unfinished.Count == 0 ? null : unfinished.Max(static part => part.Entries[^1]);
        var entries = parts.SelectMany(static part => part.Entries)
            .Where(entry => lowest is null || entry >= lowest)
            .OrderDescending()
            .ToList();
        return (entries.Take(count).ToList(), lowest is null && entries.Count <= count);
    }

    private async Task<(List<SessionPosition> Entries, bool Ended)> ReadPartAsync(string key, SessionPosition? last, int most)
    {
        var until = last?.StartedAt.ToUnixTimeMilliseconds() ?? double.PositiveInfinity;
        for (var skip = 0; ; skip += most)
        {
            var stored = await calls.SendAsync(
                (database, name) => database.SortedSetRangeByScoreAsync(
                    name, double.NegativeInfinity, until, Exclude.None, Order.Descending, skip, most, CommandFlags.DemandMaster),
                key) ?? [];
            var entries = stored.Select(ListEntry.Read).OfType<SessionPosition>()
                .Where(entry => last is null || entry < last)
                .ToList();
            // Among many sessions that started at one time, those behind the last one may come later.
            if (entries.Count > 0 || stored.Length < most)
            {
                return (entries, stored.Length < most);
            }
        }
    }

    private async Task<IEnumerable<StoredSession>> LoadAsync(List<SessionPosition> entries)
    {
        var headers = await _headers.LoadAsync(entries.Select(static entry => entry.Id));
        Remove(entries.Where((_, i) => headers[i].IsTombstone));
        // A session that signed in later, or tried to, has an entry at that time too: it is listed once.
        return headers.Where((header, i) =>
                header is { IsWhole: true, IsTombstone: false } && header.Session!.StartedAt == entries[i].StartedAt)
            .Select(static header => header.Session!);
    }

    private async Task NoteHourAsync(long hour, long now, long until, bool mustGetThrough)
    {
        // To a whole hour, so that the next session of this hour need not note the hour again.
        until = ((until / Hour) + 2) * Hour;
        await RecordIndex.WriteAsync(calls, HoursKey, [hour, until, now - Hour, Math.Max(1, until - now), mustGetThrough]);
        _noted = new NotedHour(hour, until, now);
    }

    private static long HourOf(SessionPosition entry) => (long)Math.Floor(entry.StartedAt.ToUnixTimeMilliseconds() / (double)Hour);

    private static int PartOf(SessionPosition entry)
    {
        Span<byte> id = stackalloc byte[16];
        entry.Id.TryWriteBytes(id, bigEndian: true, out _);
        return id[^1] % Parts;
    }

    private string KeyOf(long hour, int part) => string.Create(CultureInfo.InvariantCulture, $"{prefix}list:{hour}:{part:x2}");

    // Noted again each minute, because the server may lose what was noted.
    private sealed record NotedHour(long Hour, long Until, long At);
}
