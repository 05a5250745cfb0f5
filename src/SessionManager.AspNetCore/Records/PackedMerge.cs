using System.Buffers.Binary;

namespace SessionManager.AspNetCore.Records;

/// <summary>Merges the values of a stored record with changes, both ordered by key. A change replaces the kept value of its key; a kept
/// value that is damaged, or out of order, is left out.</summary>
internal ref struct PackedMerge(PackedValues kept, PackedChanges changes)
{
    private int _nextKept;
    private int _nextChange;
    private int _lastKept = -1;

    /// <summary>The current value among the kept ones, or -1 when it is a change.</summary>
    public int Kept { get; private set; }

    /// <summary>The current value among the changes, when it is one.</summary>
    public int Change { get; private set; }

    private readonly ReadOnlySpan<byte> Key => Kept >= 0 ? kept.KeyOf(Kept) : changes.KeyOf(Change);

    public static (int Count, int KeysLength, int ValuesLength) Measure(PackedValues kept, PackedChanges changes)
    {
        var (count, keys, values) = (0, 0, 0);
        var merge = new PackedMerge(kept, changes);
        while (merge.MoveNext())
        {
            count++;
            keys = checked(keys + merge.Key.Length);
            values = checked(values + (merge.Kept >= 0 ? kept.ValueOf(merge.Kept).Length : 1 + changes.ValueOf(merge.Change)!.Value.Data.Length));
        }

        return (count, keys, values);
    }

    public static void Write(PackedValues kept, PackedChanges changes, Span<byte> record, int indexOffset, int count, int valuesOffset)
    {
        var row = indexOffset;
        var keyOffset = indexOffset + (count * PackedValues.IndexRowLength);
        var valueOffset = valuesOffset;
        var merge = new PackedMerge(kept, changes);
        while (merge.MoveNext())
        {
            uint checksum;
            int length;
            if (merge.Kept >= 0)
            {
                var value = kept.ValueOf(merge.Kept).Span;
                value.CopyTo(record[valueOffset..]);
                (length, checksum) = (value.Length, kept.ChecksumOf(merge.Kept));
            }
            else
            {
                var value = changes.ValueOf(merge.Change)!.Value;
                length = 1 + value.Data.Length;
                record[valueOffset] = (byte)value.Kind;
                value.Data.Span.CopyTo(record[(valueOffset + 1)..]);
                checksum = Checksum.Of(record.Slice(valueOffset, length));
            }

            merge.Key.CopyTo(record[keyOffset..]);
            BinaryPrimitives.WriteInt32LittleEndian(record[row..], keyOffset);
            BinaryPrimitives.WriteInt32LittleEndian(record[(row + 4)..], valueOffset);
            BinaryPrimitives.WriteUInt32LittleEndian(record[(row + 8)..], checksum);
            row += PackedValues.IndexRowLength;
            keyOffset += merge.Key.Length;
            valueOffset += length;
        }
    }

    private bool MoveNext()
    {
        while (_nextKept < kept.Count || _nextChange < changes.Count)
        {
            if (_nextKept < kept.Count && !IsUsable(_nextKept))
            {
                _nextKept++;
                continue;
            }

            var order = _nextChange == changes.Count ? -1
                : _nextKept == kept.Count ? 1
                : kept.KeyOf(_nextKept).SequenceCompareTo(changes.KeyOf(_nextChange));
            if (order < 0)
            {
                Kept = _lastKept = _nextKept++;
                return true;
            }

            if (order == 0)
            {
                _lastKept = _nextKept++;
            }

            (Kept, Change) = (-1, _nextChange++);
            if (changes.ValueOf(Change) is not null)
            {
                return true;
            }
        }

        return false;
    }

    // Keys and values lie in order: values that overlap would multiply what is written.
    private readonly bool IsUsable(int i) =>
        (_lastKept < 0 || (kept.KeyOf(_lastKept).SequenceCompareTo(kept.KeyOf(i)) < 0 && kept.IsBehind(i, _lastKept))) && kept.IsWhole(i);
}
