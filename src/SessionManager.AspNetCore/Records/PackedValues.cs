using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// The values of a stored record, read where they lie: a lookup is a binary search over the keys, and decodes one value. A value
/// whose checksum is wrong is not there; it costs no other.
/// </summary>
/// <param name="record">The whole record.</param>
/// <param name="indexOffset">Where its index begins.</param>
/// <param name="valuesOffset">Where its values begin.</param>
/// <param name="count">How many there are.</param>
/// <param name="damaged">Told the session's id when a value turns out to be damaged.</param>
internal sealed class PackedValues(ReadOnlyMemory<byte> record, int indexOffset, int valuesOffset, int count, Action<Guid>? damaged = null)
    : IReadOnlyDictionary<string, SessionValue>
{
    public const int IndexRowLength = 12;

    public static readonly PackedValues Empty = new(default, 0, 0, 0);

    public int Count => count;

    /// <summary>The bytes of all keys and values, without what the format adds.</summary>
    public long ByteCount => Math.Max(0, record.Length - indexOffset - (count * (IndexRowLength + 1L)));

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<SessionValue> Values => this.Select(entry => entry.Value);

    private int KeysOffset => indexOffset + (count * IndexRowLength);

    public SessionValue this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException();

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out SessionValue value)
    {
        value = default;
        if (count == 0)
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[256];
        var wanted = Encoding.UTF8.TryGetBytes(key, buffer, out var written) ? buffer[..written] : Encoding.UTF8.GetBytes(key);
        var low = 0;
        var high = count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = KeyOf(middle).SequenceCompareTo(wanted);
            if (order == 0)
            {
                return TryRead(middle, out value);
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    public IEnumerator<KeyValuePair<string, SessionValue>> GetEnumerator()
    {
        for (var i = 0; i < count; i++)
        {
            if (TryRead(i, out var value))
            {
                yield return KeyValuePair.Create(Encoding.UTF8.GetString(KeyOf(i)), value);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public ReadOnlySpan<byte> KeyOf(int i) => Slice(Field(i, 0), i + 1 < count ? Field(i + 1, 0) : (uint)valuesOffset, KeysOffset).Span;

    /// <summary>The value as it is stored, kind first; empty when the index points nowhere.</summary>
    public ReadOnlyMemory<byte> ValueOf(int i) => Slice(Field(i, 4), i + 1 < count ? Field(i + 1, 4) : (uint)record.Length, valuesOffset);

    public uint ChecksumOf(int i) => Field(i, 8);

    /// <summary>Whether a value lies behind all of an earlier one.</summary>
    public bool IsBehind(int i, int earlier) => Field(i, 4) >= Field(earlier, 4) + ValueOf(earlier).Length;

    /// <summary>Whether the value is as it was written. Says so to whom it concerns when it is not.</summary>
    public bool IsWhole(int i)
    {
        var value = ValueOf(i).Span;
        var whole = !value.IsEmpty && value[0] <= (byte)SessionValueKind.Json && Checksum.Of(value) == ChecksumOf(i);
        if (!whole)
        {
            damaged?.Invoke(RecordCodec.IdOf(record.Span));
        }

        return whole;
    }

    private bool TryRead(int i, out SessionValue value)
    {
        if (!IsWhole(i))
        {
            value = default;
            return false;
        }

        var stored = ValueOf(i);
        value = new SessionValue((SessionValueKind)stored.Span[0], stored[1..]);
        return true;
    }

    private uint Field(int i, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(record.Span[(indexOffset + (i * IndexRowLength) + offset)..]);

    // Whatever the index says, within the record and not before its place.
    private ReadOnlyMemory<byte> Slice(uint start, uint end, int first) =>
        start >= first && start <= end && end <= record.Length ? record[(int)start..(int)end] : default;
}
