using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Merges the values of a stored record with changes, both ordered by key. What is kept between two changes is copied
/// in one piece and not looked at: a damaged value stays absent until it is written again. A record whose index lies
/// about its order keeps nothing.
/// </summary>
internal ref struct ValueMerge
{
    private readonly ValueIndex _kept;

    // Where each change goes among the kept values, as Find says it.
    private readonly Span<int> _places;

    // The only change, as most writes have it: it needs no array.
    private readonly (byte[] Key, ReadOnlyMemory<byte>? Value) _only;
    private readonly (byte[] Key, ReadOnlyMemory<byte>? Value)[] _changes = [];

    private Span<byte> _record;
    private int _row;
    private int _key;
    private int _value;

    /// <param name="kept">The stored values.</param>
    /// <param name="changes">The changes. <see langword="null"/> removes a key.</param>
    /// <param name="places">Room for as many numbers as there are changes.</param>
    public ValueMerge(ValueIndex kept, IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> changes, Span<int> places)
    {
        _kept = kept.IsOrdered ? kept : ValueIndex.Empty;
        _places = places;
        if (changes is Dictionary<string, ReadOnlyMemory<byte>?> { Count: 1 } single)
        {
            // The enumerator of the interface would be on the heap.
            foreach (var (key, value) in single)
            {
                _only = (Encoding.UTF8.GetBytes(key), value);
            }
        }
        else if (changes.Count > 0)
        {
            _changes = [.. changes.Select(change => (Encoding.UTF8.GetBytes(change.Key), change.Value))];
            Array.Sort(_changes, static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
        }

        var all = _kept.Between(0, _kept.Count);
        (Count, KeysLength, ValuesLength) = (_kept.Count, all.Keys.Length, all.Values.Length);
        for (var i = 0; i < places.Length; i++)
        {
            ref readonly var change = ref ChangeAt(i);
            var place = places[i] = _kept.Find(change.Key);
            if (place >= 0)
            {
                var replaced = _kept.Between(place, place + 1);
                (Count, KeysLength, ValuesLength) =
                    (Count - 1, KeysLength - replaced.Keys.Length, ValuesLength - replaced.Values.Length);
            }

            if (change.Value is { } value)
            {
                (Count, KeysLength, ValuesLength) =
                    (Count + 1, checked(KeysLength + change.Key.Length), checked(ValuesLength + value.Length));
            }
        }
    }

    /// <summary>How many values there are after the merge.</summary>
    public int Count { get; }

    /// <summary>The length of all keys after the merge.</summary>
    public int KeysLength { get; }

    /// <summary>The length of all values after the merge.</summary>
    public int ValuesLength { get; }

    /// <summary>Where the values begin in a record whose index begins at an offset.</summary>
    public readonly int ValuesOffset(int indexOffset) =>
        checked(indexOffset + (Count * ValueIndex.RowLength) + KeysLength);

    /// <summary>Writes the index, the keys and the values.</summary>
    public void Write(Span<byte> record, int indexOffset)
    {
        _record = record;
        (_row, _value) = (indexOffset, ValuesOffset(indexOffset));
        _key = _value - KeysLength;
        var next = 0;
        for (var i = 0; i < _places.Length; i++)
        {
            var place = _places[i];
            var end = place < 0 ? ~place : place;
            Keep(next, end);
            next = place < 0 ? end : end + 1;
            ref readonly var change = ref ChangeAt(i);
            if (change.Value is { } value)
            {
                AppendRow(_key, _value, Checksum.Of(value.Span));
                Append(change.Key, value.Span);
            }
        }

        Keep(next, _kept.Count);
    }

    [UnscopedRef]
    private readonly ref readonly (byte[] Key, ReadOnlyMemory<byte>? Value) ChangeAt(int i) =>
        ref _changes.Length == 0 ? ref _only : ref _changes[i];

    private void Keep(int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        var piece = _kept.Between(from, to);
        var (keysMove, valuesMove) = (_key - piece.KeysFrom, _value - piece.ValuesFrom);
        Append(piece.Keys, piece.Values);
        if (keysMove == 0 && valuesMove == 0)
        {
            piece.Rows.CopyTo(_record[_row..]);
            _row += piece.Rows.Length;
            return;
        }

        for (var rows = piece.Rows; !rows.IsEmpty; rows = rows[ValueIndex.RowLength..])
        {
            AppendRow(
                BinaryPrimitives.ReadInt32LittleEndian(rows) + keysMove,
                BinaryPrimitives.ReadInt32LittleEndian(rows[4..]) + valuesMove,
                BinaryPrimitives.ReadUInt32LittleEndian(rows[8..]));
        }
    }

    private void Append(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values)
    {
        keys.CopyTo(_record[_key..]);
        values.CopyTo(_record[_value..]);
        (_key, _value) = (_key + keys.Length, _value + values.Length);
    }

    private void AppendRow(int key, int value, uint checksum)
    {
        var row = _record.Slice(_row, ValueIndex.RowLength);
        BinaryPrimitives.WriteInt32LittleEndian(row, key);
        BinaryPrimitives.WriteInt32LittleEndian(row[4..], value);
        BinaryPrimitives.WriteUInt32LittleEndian(row[8..], checksum);
        _row += ValueIndex.RowLength;
    }
}
