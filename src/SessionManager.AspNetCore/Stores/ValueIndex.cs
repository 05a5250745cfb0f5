using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The index of a stored record's values. Whatever the index says, nothing outside of the record is read. A value whose
/// checksum is wrong is not there.
/// </summary>
/// <param name="record">The whole record.</param>
/// <param name="indexOffset">Where the index begins.</param>
/// <param name="valuesOffset">Where the values begin.</param>
/// <param name="count">How many values there are.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly struct ValueIndex(byte[] record, int indexOffset, int valuesOffset, int count)
{
    public const int RowLength = 12;

    /// <summary>The index of no values.</summary>
    public static ValueIndex Empty { get; } = new([], 0, 0, 0);

    /// <summary>How many values there are.</summary>
    public int Count => count;

    /// <summary>The bytes of all keys and values, without the index.</summary>
    public long ByteCount => record.Length - indexOffset - ((long)count * RowLength);

    /// <summary>The id of the session whose values these are.</summary>
    public Guid SessionId => CacheRecord.IdOf(record);

    /// <summary>Whether keys and values lie one behind the other, as they are written. A record of anything else is not
    /// copied from: values that overlap would multiply.</summary>
    public bool IsOrdered
    {
        get
        {
            var (key, value) = ((uint)KeysOffset, (uint)valuesOffset);
            for (var rows = Rows(0, count); !rows.IsEmpty; rows = rows[RowLength..])
            {
                var nextKey = BinaryPrimitives.ReadUInt32LittleEndian(rows);
                var nextValue = BinaryPrimitives.ReadUInt32LittleEndian(rows[4..]);
                if (nextKey < key || nextValue < value)
                {
                    return false;
                }

                (key, value) = (nextKey, nextValue);
            }

            return key <= valuesOffset && value <= record.Length;
        }
    }

    private int KeysOffset => indexOffset + (count * RowLength);

    /// <summary>The place of a key; when the key is not there, the complement of the place that it would
    /// have.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = KeyAt(middle).SequenceCompareTo(key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    /// <summary>Reads the value at a place, unless it is damaged.</summary>
    public bool TryRead(int place, out ReadOnlyMemory<byte> value)
    {
        var (start, end) = (ValueStart(place), ValueStart(place + 1));
        value = default;
        if (!IsInside(start, end, valuesOffset))
        {
            return false;
        }

        value = record.AsMemory((int)start..(int)end);
        return Checksum.Of(value.Span) == Field(place, 8);
    }

    /// <summary>The key at a place.</summary>
    public string KeyTextAt(int place) => Encoding.UTF8.GetString(KeyAt(place));

    /// <summary>The length of the keys from one place up to another. Only when <see cref="IsOrdered"/>.</summary>
    public int KeysLength(int from, int to) => (int)(KeyStart(to) - KeyStart(from));

    /// <summary>The length of the values from one place up to another. Only when <see cref="IsOrdered"/>.</summary>
    public int ValuesLength(int from, int to) => (int)(ValueStart(to) - ValueStart(from));

    /// <summary>Copies the values from one place up to another into a new record. Only when
    /// <see cref="IsOrdered"/>.</summary>
    public void CopyTo(ref ValueWriter target, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        var (keys, values) = ((int)KeyStart(from), (int)ValueStart(from));
        var (keyMove, valueMove) = target.Append(
            record.AsSpan(keys, KeysLength(from, to)), keys, record.AsSpan(values, ValuesLength(from, to)), values);
        if (keyMove == 0 && valueMove == 0)
        {
            target.AppendRows(Rows(from, to));
            return;
        }

        for (var i = from; i < to; i++)
        {
            target.AppendRow((int)KeyStart(i) + keyMove, (int)ValueStart(i) + valueMove, Field(i, 8));
        }
    }

    private ReadOnlySpan<byte> KeyAt(int i)
    {
        var (start, end) = (KeyStart(i), KeyStart(i + 1));
        return IsInside(start, end, KeysOffset) ? record.AsSpan((int)start, (int)(end - start)) : default;
    }

    private ReadOnlySpan<byte> Rows(int from, int to) =>
        record.AsSpan(indexOffset + (from * RowLength), (to - from) * RowLength);

    private uint KeyStart(int i) => i < count ? Field(i, 0) : (uint)valuesOffset;

    private uint ValueStart(int i) => i < count ? Field(i, 4) : (uint)record.Length;

    private uint Field(int i, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(indexOffset + (i * RowLength) + offset));

    private bool IsInside(uint start, uint end, int first) => start >= first && start <= end && end <= record.Length;
}
