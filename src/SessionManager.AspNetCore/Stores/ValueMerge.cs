namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Merges the values of a stored record with changes, both ordered by key. What is kept between two changes is copied
/// in one piece and not looked at: a damaged value stays absent until it is written again. A record whose index lies
/// about its order keeps nothing.
/// </summary>
internal readonly ref struct ValueMerge
{
    private readonly ValueIndex _kept;
    private readonly ValueChanges _changes;

    // Where each change goes among the kept values, as Find says it.
    private readonly Span<int> _places;

    /// <param name="kept">The stored values.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="places">Room for as many numbers as there are changes.</param>
    public ValueMerge(ValueIndex kept, ValueChanges changes, Span<int> places)
    {
        _kept = kept.IsOrdered ? kept : ValueIndex.Empty;
        _changes = changes;
        _places = places;
        Count = _kept.Count;
        KeysLength = _kept.KeysLength(0, _kept.Count);
        ValuesLength = _kept.ValuesLength(0, _kept.Count);
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
                ValuesLength = checked(ValuesLength + value.Length);
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
    public int ValuesOffset(int indexOffset) => checked(KeysOffset(indexOffset) + KeysLength);

    /// <summary>Writes the index, the keys and the values.</summary>
    public void Write(Span<byte> record, int indexOffset)
    {
        var target = new ValueWriter(record, indexOffset, KeysOffset(indexOffset), ValuesOffset(indexOffset));
        var next = 0;
        for (var i = 0; i < _places.Length; i++)
        {
            var place = _places[i];
            var end = place < 0 ? ~place : place;
            _kept.CopyTo(ref target, next, end);
            next = place < 0 ? end : end + 1;
            if (_changes.ValueOf(i) is { } value)
            {
                target.Append(_changes.KeyOf(i), value.Span);
            }
        }

        _kept.CopyTo(ref target, next, _kept.Count);
    }

    private int KeysOffset(int indexOffset) => checked(indexOffset + (Count * ValueIndex.RowLength));
}
