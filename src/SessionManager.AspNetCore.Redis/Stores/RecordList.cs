using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The list of all records. An entry lies on a shelf, which holds the records that are kept until about the same time,
/// so that entries go when their records do. A record that is used moves to a later shelf. A shelf is cut into parts,
/// which spread over the machines of a cluster, are freed one after another, and take less memory than one set. The
/// entries of a part have the score 0, and so are sorted by their bytes:
/// <code>
///    0   8  started at, in Unix milliseconds, big-endian, with its sign bit turned
///    8  16  id, big-endian
/// </code>
/// The start is in the entry, because a sign-in that is refused must not take the place of the entry before it. The
/// list is for people who look at it, so nobody waits for its entries, and no session fails for want of one.
/// </summary>
/// <param name="prefix">The prefix of every key.</param>
/// <param name="isKept">Whether there is a list.</param>
internal sealed class RecordList(string prefix, bool isKept)
{
    // The shelves are noted in one of these sets: in the next one when the machine of the last one does not answer.
    private const int Notes = 4;
    private const int Parts = 64;
    private const int MostAtOnce = 4096;
    private const int MostRounds = 8;
    private const int MostNoted = 100;
    private const long Hour = 3_600_000;
    private const long Minute = 60_000;

    // When each shelf was noted. Noted again each minute, because the server may lose what was noted.
    private readonly ConcurrentDictionary<long, long> _noted = new();
    private int _note;

    /// <summary>Writes the entry of a record, without waiting.</summary>
    public void Add(PrimaryDatabase database, SessionPosition position, long now, long until, bool mustGetThrough)
    {
        if (!isKept)
        {
            return;
        }

        var (shelf, width) = ShelfOf(until, until - now);
        var part = PartOf(position);
        // The parts of a shelf expire one after another, over half its width.
        var left = shelf - now + (part * width / (2 * Parts));
        RedisRefusal.Forget(RecordIndex.AddAsync(
            database, KeyOf(shelf, part), EntryOf(position), score: 0, long.MinValue, left, mustGetThrough));
        if (!_noted.TryGetValue(shelf, out var notedAt) || Math.Abs(now - notedAt) >= Minute)
        {
            _noted[shelf] = now;
            RedisRefusal.Forget(NoteAsync(database, shelf, now, mustGetThrough));
        }
    }

    /// <summary>Moves the entry of a record that was used to the shelf of its new time, without waiting.</summary>
    /// <param name="database">The database.</param>
    /// <param name="position">The record.</param>
    /// <param name="now">The time of the use.</param>
    /// <param name="until">The time until which the record is kept now.</param>
    /// <param name="seenBefore">The time of the use before.</param>
    public void Move(PrimaryDatabase database, SessionPosition position, long now, long until, long seenBefore)
    {
        var kept = until - now;
        if (ShelfOf(seenBefore + kept, kept) != ShelfOf(until, kept))
        {
            Add(database, position, now, until, mustGetThrough: true);
            Remove(database, position, seenBefore, kept);
        }
    }

    /// <summary>Removes the entry of a record, without waiting.</summary>
    /// <param name="database">The database.</param>
    /// <param name="position">The record.</param>
    /// <param name="seen">The time of the last use.</param>
    /// <param name="kept">How long a record is kept after its last use.</param>
    public void Remove(PrimaryDatabase database, SessionPosition position, long seen, long kept)
    {
        if (isKept)
        {
            var key = KeyOf(ShelfOf(seen + kept, kept).Shelf, PartOf(position));
            RecordIndex.Remove(database, key, [EntryOf(position)]);
        }
    }

    /// <summary>A page of records without values, those that started last in front.</summary>
    public async Task<IReadOnlyList<StoredSession>> ReadAsync(
        PrimaryDatabase database, SessionPosition? after, int count)
    {
        var page = new List<StoredSession>();
        var shelves = isKept ? await ReadShelvesAsync(database) : [];
        var (most, ended) = (count, false);
        // A page need not be full, and many entries in a row may be of records that are gone.
        for (var i = 0; !ended && page.Count < count && (page.Count == 0 || i < MostRounds); i++)
        {
            (var positions, ended) = await ReadAsync(database, shelves, after, most);
            page.AddRange(await LoadAsync(database, positions));
            after = positions is [.., var lowest] ? lowest : after;
            most = page.Count == 0 ? Math.Min(2 * most, Math.Max(count, MostAtOnce)) : count - page.Count;
        }

        return page.Count > count ? page[..count] : page;
    }

    private async Task NoteAsync(PrimaryDatabase database, long shelf, long now, bool mustGetThrough)
    {
        var note = Volatile.Read(ref _note);
        try
        {
            await RecordIndex.AddAsync(
                database, NoteKeyOf(note), shelf, shelf, now - Hour, shelf - now + Hour, mustGetThrough);
        }
        catch
        {
            // The next entry notes it in the next set.
            _noted.TryRemove(shelf, out _);
            Interlocked.CompareExchange(ref _note, (note + 1) % Notes, note);
            throw;
        }

        if (_noted.Count > MostNoted)
        {
            _noted.Clear();
        }
    }

    private async Task<List<long>> ReadShelvesAsync(PrimaryDatabase database)
    {
        var notes = await Task.WhenAll(Enumerable.Range(0, Notes).Select(
            note => database.SortedSetMembersAsync(NoteKeyOf(note)).OrDefaultAsync()));
        return
        [
            .. notes.SelectMany(static note => note ?? []).Where(static shelf => shelf.TryParse(out long _))
                .Select(static shelf => (long)shelf).Distinct(),
        ];
    }

    // The next entries, and whether these are all. A part that has more entries than were asked for may have them in
    // front of what follows in other parts: what is below its last one is left to the next time.
    private async Task<(List<SessionPosition> Positions, bool Ended)> ReadAsync(
        PrimaryDatabase database, List<long> shelves, SessionPosition? after, int count)
    {
        var most = (count / 8) + 4;
        var below = after is null ? RedisValue.Null : EntryOf(after);
        var keys = shelves.SelectMany(shelf => Enumerable.Range(0, Parts).Select(part => KeyOf(shelf, part)));
        var parts = await Task.WhenAll(
            keys.Select(key => database.SortedSetMembersBelowAsync(key, below, most).OrDefaultAsync()));
        var floor = parts.Where(part => part?.Length == most).Max(static part => PositionOf(part![^1]));
        // A record that has moved may be on two shelves.
        var positions = parts.SelectMany(static part => part ?? []).Select(PositionOf).OfType<SessionPosition>()
            .Where(position => floor is null || position >= floor)
            .Distinct()
            .OrderDescending()
            .ToList();
        return (positions.Take(count).ToList(), floor is null && positions.Count <= count);
    }

    // A session that signed in later, or tried to, has an entry at that time too: it is listed once.
    private async Task<IEnumerable<StoredSession>> LoadAsync(
        PrimaryDatabase database, List<SessionPosition> positions)
    {
        var records = await RecordHeaders.LoadAsync(database, prefix, positions.Select(static position => position.Id));
        return records.Where((record, i) => record.IsFound && record.Session!.StartedAt == positions[i].StartedAt)
            .Select(static record => record.Session!);
    }

    // The shelf of the records that are kept until a time, named by its end, and its width: half of what a record is
    // kept for. The nodes of an application have the same ones.
    private static (long Shelf, long Width) ShelfOf(long until, long kept)
    {
        var width = Math.Max(Minute, kept / 2);
        return ((long)(Math.Floor(until / (decimal)width) + 1) * width, width);
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

    private static int PartOf(SessionPosition position) => position.Id.ToByteArray(bigEndian: true)[^1] % Parts;

    private string KeyOf(long shelf, int part) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}list:{shelf}:{part:x2}");

    private string NoteKeyOf(int note) => string.Create(CultureInfo.InvariantCulture, $"{prefix}list:{note}");
}
