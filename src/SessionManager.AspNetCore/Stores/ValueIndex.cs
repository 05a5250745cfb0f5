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

    /// <summary>Reads the value of a key.</summary>
    /// <param name="key">The key in UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <param name="isDamaged">Whether the key is there, and its value is damaged.</param>
    public bool TryRead(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value, out bool isDamaged)
    {
        var place = Find(key);
        value = default;
        var isRead = place >= 0 && TryRead(place, out value);
        isDamaged = place >= 0 && !isRead;
        return isRead;
    }

    /// <summary>Reads the value at a place, unless it is damaged.</summary>
    public bool TryRead(int place, out ReadOnlyMemory<byte> value)
    {
        var (start, end) = (ValueStart(place), ValueStart(place + 1));
        var checksum = Field(place, 8);
        value = default;
        if (!IsInside(start, end, valuesOffset))
        {
            return false;
        }

        value = record.AsMemory((int)start..(int)end);
        return Checksum.Of(value.Span) == checksum;
    }

    /// <summary>The key at a place.</summary>
    public string KeyTextAt(int place) => Encoding.UTF8.GetString(KeyAt(place));

    /// <summary>The rows, the keys and the values from one place up to another, and where the keys and the values
    /// begin. Only when <see cref="IsOrdered"/>.</summary>
    public Piece Between(int from, int to)
    {
        var (key, value) = ((int)KeyStart(from), (int)ValueStart(from));
        var keys = record.AsSpan(key..(int)KeyStart(to));
        var values = record.AsSpan(value..(int)ValueStart(to));
        return new Piece(Rows(from, to), keys, values) { KeysFrom = key, ValuesFrom = value };
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

    /// <summary>A piece of the values.</summary>
    internal readonly ref struct Piece(
        ReadOnlySpan<byte> rows, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values)
    {
        public ReadOnlySpan<byte> Rows { get; } = rows;

        public ReadOnlySpan<byte> Keys { get; } = keys;

        public ReadOnlySpan<byte> Values { get; } = values;

        public int KeysFrom { get; init; }

        public int ValuesFrom { get; init; }
    }
}
