using System.Buffers.Binary;

namespace SessionManager.AspNetCore.Records;

/// <summary>Merges the entries of a stored record with changes, both ordered by key. A change replaces the kept entry of its key.</summary>
internal ref struct PackedMerge(PackedValues kept, PackedChanges changes)
{
    private int _nextKept;
    private int _nextChange;
    private int _checked = -1;

    /// <summary>The current entry among the kept ones, or -1 when it is a change.</summary>
    public int Kept { get; private set; }

    /// <summary>The current entry among the changes, when it is one.</summary>
    public int Change { get; private set; }

    public static (int Count, int Length) Measure(PackedValues kept, PackedChanges changes)
    {
        var (count, length) = (0, 0);
        var merge = new PackedMerge(kept, changes);
        while (merge.MoveNext())
        {
            count++;
            length = checked(length + (merge.Kept >= 0
                ? kept.EntryOf(merge.Kept).Length
                : PackedValues.EntryHeaderLength + changes.KeyOf(merge.Change).Length + changes.ValueOf(merge.Change)!.Value.Data.Length));
        }

        return (count, length);
    }

    public static void Write(PackedValues kept, PackedChanges changes, Span<byte> record, int indexOffset, int count)
    {
        var row = indexOffset;
        var offset = indexOffset + (count * PackedValues.IndexRowLength);
        var merge = new PackedMerge(kept, changes);
        while (merge.MoveNext())
        {
            uint checksum;
            var start = offset;
            if (merge.Kept >= 0)
            {
                var entry = kept.EntryOf(merge.Kept).Span;
                entry.CopyTo(record[start..]);
                offset += entry.Length;
                checksum = kept.ChecksumOf(merge.Kept);
            }
            else
            {
                offset += WriteEntry(record[start..], changes.KeyOf(merge.Change), changes.ValueOf(merge.Change)!.Value);
                checksum = Checksum.Of(record[start..offset]);
            }

            BinaryPrimitives.WriteInt32LittleEndian(record[row..], start);
            BinaryPrimitives.WriteUInt32LittleEndian(record[(row + 4)..], checksum);
            row += PackedValues.IndexRowLength;
        }
    }

    private bool MoveNext()
    {
        while (_nextKept < kept.Count || _nextChange < changes.Count)
        {
            // A damaged key would break the order, and with it everything that is merged behind it.
            if (_nextKept < kept.Count && _checked != _nextKept && !kept.IsWhole(_checked = _nextKept))
            {
                _nextKept++;
                continue;
            }

            var order = _nextChange == changes.Count ? -1
                : _nextKept == kept.Count ? 1
                : kept.KeyOf(_nextKept).SequenceCompareTo(changes.KeyOf(_nextChange));
            if (order < 0)
            {
                Kept = _nextKept++;
                return true;
            }

            _nextKept += order == 0 ? 1 : 0;
            (Kept, Change) = (-1, _nextChange++);
            if (changes.ValueOf(Change) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static int WriteEntry(Span<byte> destination, ReadOnlySpan<byte> key, SessionValue value)
    {
        destination[0] = (byte)value.Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[1..], (ushort)key.Length);
        key.CopyTo(destination[PackedValues.EntryHeaderLength..]);
        value.Data.Span.CopyTo(destination[(PackedValues.EntryHeaderLength + key.Length)..]);
        return PackedValues.EntryHeaderLength + key.Length + value.Data.Length;
    }
}
