using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// Merges the values of a stored record with changes, both ordered by key. What is kept between two changes is copied in one piece and not
/// looked at: a damaged value stays absent until it is written again. A record whose index lies about its order keeps nothing.
/// </summary>
internal readonly ref struct PackedMerge
{
    private readonly PackedValues _kept;
    private readonly PackedChanges _changes;

    // Where each change goes among the kept ones, as a binary search says it.
    private readonly Span<int> _places;

    /// <param name="kept">The stored values.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="places">Room for as many numbers as there are changes.</param>
    public PackedMerge(PackedValues kept, PackedChanges changes, Span<int> places)
    {
        _kept = kept.IsOrdered ? kept : PackedValues.Empty;
        _changes = changes;
        _places = places;
        (Count, KeysLength, ValuesLength) = (_kept.Count, _kept.KeysLength(0, _kept.Count), _kept.ValuesLength(0, _kept.Count));
        for (var i = 0; i < places.Length; i++)
        {
            var place = places[i] = _kept.Find(changes.KeyOf(i));
            if (place >= 0)
            {
                Count--;
                KeysLength -= _kept.KeysLength(place, place + 1);
                ValuesLength -= _kept.ValuesLength(place, place + 1);
            }

            if (changes.ValueOf(i) is { } value)
            {
                Count++;
                KeysLength = checked(KeysLength + changes.KeyOf(i).Length);
                ValuesLength = checked(ValuesLength + 1 + value.Data.Length);
            }
        }
    }

    /// <summary>How many values there are after the merge.</summary>
    public int Count { get; }

    /// <summary>The length of their keys.</summary>
    public int KeysLength { get; }

    /// <summary>The length of the values with their kinds.</summary>
    public int ValuesLength { get; }

    /// <summary>Where the values begin in a record whose index begins here.</summary>
    public int ValuesOffset(int indexOffset) => checked(KeysOffset(indexOffset) + KeysLength);

    /// <summary>Writes index, keys and values.</summary>
    public void Write(Span<byte> record, int indexOffset)
    {
        var to = new Ends(indexOffset, KeysOffset(indexOffset), ValuesOffset(indexOffset));
        var next = 0;
        for (var i = 0; i < _places.Length; i++)
        {
            var place = _places[i];
            var end = place < 0 ? ~place : place;
            _kept.CopyTo(record, next, end, ref to);
            next = place < 0 ? end : end + 1;
            if (_changes.ValueOf(i) is { } value)
            {
                Append(record, _changes.KeyOf(i), value, ref to);
            }
        }

        _kept.CopyTo(record, next, _kept.Count, ref to);
    }

    private int KeysOffset(int indexOffset) => checked(indexOffset + (Count * PackedValues.IndexRowLength));

    private static void Append(Span<byte> record, byte[] key, SessionValue value, ref Ends to)
    {
        var stored = record.Slice(to.Values, 1 + value.Data.Length);
        stored[0] = (byte)value.Kind;
        value.Data.Span.CopyTo(stored[1..]);
        key.CopyTo(record[to.Keys..]);
        to.AddRow(record, to.Keys, to.Values, Checksum.Of(stored));
        (to.Keys, to.Values) = (to.Keys + key.Length, to.Values + stored.Length);
    }

    /// <summary>How far index, keys and values have been written.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal struct Ends(int rows, int keys, int values)
    {
        private int _rows = rows;

        public int Keys { get; set; } = keys;

        public int Values { get; set; } = values;

        public void AddRow(Span<byte> record, int key, int value, uint checksum)
        {
            var row = record.Slice(_rows, PackedValues.IndexRowLength);
            BinaryPrimitives.WriteInt32LittleEndian(row, key);
            BinaryPrimitives.WriteInt32LittleEndian(row[4..], value);
            BinaryPrimitives.WriteUInt32LittleEndian(row[8..], checksum);
            _rows += PackedValues.IndexRowLength;
        }
    }
}
