using System.Buffers.Binary;
using System.Globalization;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The list of all records, by the hour in which they started. The hours themselves are kept, because a store has no
/// clock from which a reader could go back. An hour is cut into parts, which spread over the machines of a cluster, and
/// take less memory than one set. The entries of a part have the score 0, and so are sorted by their bytes:
/// <code>
///    0   8  started at, in Unix milliseconds, big-endian, with its sign bit turned
///    8  16  id, big-endian
/// </code>
/// The start is in the entry, because a sign-in that is refused must not take the place of the entry before it.
/// </summary>
internal sealed class RecordList(string prefix)
{
    private const int Parts = 64;
    private const long Hour = 3_600_000;
    private const long Minute = 60_000;

    private NotedHour? _noted;

    private string HoursKey => string.Concat(prefix, "list");

    /// <summary>Writes the entry of a record that is about to be written.</summary>
    public Task AddAsync(PrimaryDatabase database, SessionPosition position, long now, long until, bool mustGetThrough)
    {
        var hour = HourOf(position);
        var adding = RecordIndex.AddAsync(
            database, KeyOf(position), EntryOf(position), score: 0, long.MinValue, until - now, mustGetThrough);
        return _noted is { } noted && noted.Hour == hour && noted.Until >= until && Math.Abs(now - noted.At) < Minute
            ? adding
            : Task.WhenAll(adding, NoteAsync());

        async Task NoteAsync()
        {
            // To a whole hour, so that the next session of this hour need not note the hour again.
            until = ((until / Hour) + 2) * Hour;
            await RecordIndex.AddAsync(
                database, HoursKey, hour, until, now - RecordIndex.ClockSkew, until - now, mustGetThrough);
            _noted = new NotedHour(hour, until, now);
        }
    }

    /// <summary>Removes entries, without waiting.</summary>
    public void Remove(PrimaryDatabase database, IEnumerable<SessionPosition> positions)
    {
        foreach (var position in positions)
        {
            RecordIndex.Remove(database, KeyOf(position), [EntryOf(position)]);
        }
    }

    /// <summary>A page of records without values, those that started last in front.</summary>
    public async Task<IReadOnlyList<StoredSession>> ReadAsync(PrimaryDatabase database, SessionPosition? after, int count)
    {
        var page = new List<StoredSession>();
        var hours = await database.SortedSetMembersAsync(HoursKey).OrDefaultAsync() ?? [];
        foreach (var hour in hours.Where(static hour => hour.TryParse(out long _)).Select(static hour => (long)hour)
            .Where(hour => after is null || hour <= HourOf(after)).OrderDescending())
        {
            for (var ended = false; !ended && page.Count < count;)
            {
                (var positions, ended) = await ReadHourAsync(database, hour, after, count - page.Count);
                page.AddRange(await LoadAsync(database, positions));
                after = positions is [.., var lowest] ? lowest : after;
            }
        }

        return page;
    }

    // The next entries of an hour, and whether these are all. A part that has more entries than were asked for may have
    // them in front of what follows in other parts: what is below its last one is left to the next time.
    private async Task<(List<SessionPosition> Positions, bool Ended)> ReadHourAsync(
        PrimaryDatabase database, long hour, SessionPosition? after, int count)
    {
        var most = (count / 8) + 4;
        var below = after is null ? RedisValue.Null : EntryOf(after);
        var parts = await Task.WhenAll(Enumerable.Range(0, Parts).Select(part =>
            database.SortedSetMembersBelowAsync(KeyOf(hour, part), below, most).OrDefaultAsync()));
        var floor = parts.Where(part => part?.Length == most).Max(static part => PositionOf(part![^1]));
        var positions = parts.SelectMany(static part => part ?? []).Select(PositionOf).OfType<SessionPosition>()
            .Where(position => floor is null || position >= floor)
            .OrderDescending()
            .ToList();
        return (positions.Take(count).ToList(), floor is null && positions.Count <= count);
    }

    private async Task<IEnumerable<StoredSession>> LoadAsync(PrimaryDatabase database, List<SessionPosition> positions)
    {
        var records = await RecordHeaders.LoadAsync(database, prefix, positions.Select(static position => position.Id));
        Remove(database, positions.Where((_, i) => records[i].IsTombstone));
        // A session that signed in later, or tried to, has an entry at that time too: it is listed once.
        return records.Where((record, i) => record.IsFound && record.Session!.StartedAt == positions[i].StartedAt)
            .Select(static record => record.Session!);
    }

    private static RedisValue EntryOf(SessionPosition position)
    {
        var entry = new byte[24];
        BinaryPrimitives.WriteInt64BigEndian(entry, position.StartedAt.ToUnixTimeMilliseconds() ^ long.MinValue);
        position.Id.TryWriteBytes(entry.AsSpan(8), bigEndian: true, out _);
        return entry;
    }

    // Null: an entry that is none of ours.
    private static SessionPosition? PositionOf(RedisValue entry)
    {
        ReadOnlyMemory<byte> bytes = entry;
        return bytes.Length == 24
            && RecordReader.TimeOf(BinaryPrimitives.ReadInt64BigEndian(bytes.Span) ^ long.MinValue) is { } startedAt
            ? new SessionPosition(startedAt, new Guid(bytes.Span[8..], bigEndian: true))
            : null;
    }

    private static long HourOf(SessionPosition position) =>
        (long)Math.Floor(position.StartedAt.ToUnixTimeMilliseconds() / (double)Hour);

    private string KeyOf(SessionPosition position) =>
        KeyOf(HourOf(position), position.Id.ToByteArray(bigEndian: true)[^1] % Parts);

    private string KeyOf(long hour, int part) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}list:{hour}:{part:x2}");

    // Noted again each minute, because the server may lose what was noted.
    private sealed record NotedHour(long Hour, long Until, long At);
}
