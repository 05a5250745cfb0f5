using System.Buffers.Binary;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Writes the index, the keys and the values of a new record, each from its offset on.</summary>
/// <param name="record">The whole record.</param>
/// <param name="indexOffset">Where the index begins.</param>
/// <param name="keysOffset">Where the keys begin.</param>
/// <param name="valuesOffset">Where the values begin.</param>
internal ref struct ValueWriter(Span<byte> record, int indexOffset, int keysOffset, int valuesOffset)
{
    private readonly Span<byte> _record = record;
    private int _row = indexOffset;
    private int _key = keysOffset;
    private int _value = valuesOffset;

    /// <summary>Appends one value with its key and its row.</summary>
    public void Append(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        AppendRow(_key, _value, Checksum.Of(value));
        Append(key, 0, value, 0);
    }

    /// <summary>Appends the keys and values of many rows, which have to be appended as well.</summary>
    /// <returns>By how much the offsets of keys and values in those rows move.</returns>
    public (int Keys, int Values) Append(
        ReadOnlySpan<byte> keys, int keysFrom, ReadOnlySpan<byte> values, int valuesFrom)
    {
        var moves = (_key - keysFrom, _value - valuesFrom);
        keys.CopyTo(_record[_key..]);
        values.CopyTo(_record[_value..]);
        (_key, _value) = (_key + keys.Length, _value + values.Length);
        return moves;
    }

    /// <summary>Appends rows as they are.</summary>
    public void AppendRows(ReadOnlySpan<byte> rows)
    {
        rows.CopyTo(_record[_row..]);
        _row += rows.Length;
    }

    /// <summary>Appends one row.</summary>
    public void AppendRow(int key, int value, uint checksum)
    {
        var target = _record.Slice(_row, ValueIndex.RowLength);
        BinaryPrimitives.WriteInt32LittleEndian(target, key);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], value);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], checksum);
        _row += ValueIndex.RowLength;
    }
}
