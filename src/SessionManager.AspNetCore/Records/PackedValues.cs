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
internal sealed class PackedValues(byte[] record, int indexOffset, int valuesOffset, int count, Action<Guid>? damaged = null)
    : IReadOnlyDictionary<string, SessionValue>
{
    public const int IndexRowLength = 12;

    public static readonly PackedValues Empty = new([], 0, 0, 0);

    public int Count => count;

    /// <summary>The bytes of all keys and values, without what the format adds.</summary>
    public long ByteCount => Math.Max(0, record.Length - indexOffset - (count * (IndexRowLength + 1L)));

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<SessionValue> Values => this.Select(entry => entry.Value);

    /// <summary>Whether these are the values of this very array, which nobody changes.</summary>
    public bool AreOf(byte[] stored) => ReferenceEquals(record, stored);

    /// <summary>Whether keys and values lie one behind the other, as they are written. Anything else is no record of ours: values that
    /// overlap would multiply what is copied.</summary>
    public bool IsOrdered
    {
        get
        {
            var (key, value) = ((uint)KeysOffset, (uint)valuesOffset);
            for (var i = 0; i <= count; i++)
            {
                var (nextKey, nextValue) = (KeyStart(i), ValueStart(i));
                if (nextKey < key || nextValue < value)
                {
                    return false;
                }

                (key, value) = (nextKey, nextValue);
            }

            return key <= valuesOffset && value <= record.Length;
        }
    }

    /// <summary>All of the record before its index.</summary>
    public ReadOnlySpan<byte> Header => record.AsSpan(0, indexOffset);

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
        var place = Find(wanted);
        return place >= 0 && TryRead(place, out value);
    }

    /// <summary>The place of a key; when it is not there, the complement of the place it would have.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        var low = 0;
        var high = count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = KeyOf(middle).SequenceCompareTo(key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
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

    /// <summary>The length of the keys from one place up to another. Only when <see cref="IsOrdered"/>.</summary>
    public int KeysLength(int from, int to) => (int)(KeyStart(to) - KeyStart(from));

    /// <summary>The length of the values from one place up to another. Only when <see cref="IsOrdered"/>.</summary>
    public int ValuesLength(int from, int to) => (int)(ValueStart(to) - ValueStart(from));

    /// <summary>Copies the entries from one place up to another. Only when <see cref="IsOrdered"/>.</summary>
    public void CopyTo(Span<byte> target, int from, int to, ref PackedMerge.Ends ends)
    {
        if (from >= to)
        {
            return;
        }

        var source = record.AsSpan();
        var (keys, values) = ((int)KeyStart(from), (int)ValueStart(from));
        var (keysLength, valuesLength) = (KeysLength(from, to), ValuesLength(from, to));
        source.Slice(keys, keysLength).CopyTo(target[ends.Keys..]);
        source.Slice(values, valuesLength).CopyTo(target[ends.Values..]);
        for (var i = from; i < to; i++)
        {
            ends.AddRow(target, (int)KeyStart(i) - keys + ends.Keys, (int)ValueStart(i) - values + ends.Values, Field(i, 8));
        }

        (ends.Keys, ends.Values) = (ends.Keys + keysLength, ends.Values + valuesLength);
    }

    private bool TryRead(int i, out SessionValue value)
    {
        var bytes = Slice(ValueStart(i), ValueStart(i + 1), valuesOffset);
        if (bytes.IsEmpty || bytes[0] > (byte)SessionValueKind.Json || Checksum.Of(bytes) != Field(i, 8))
        {
            damaged?.Invoke(RecordCodec.IdOf(record));
            value = default;
            return false;
        }

        value = new SessionValue((SessionValueKind)bytes[0], record.AsMemory((int)ValueStart(i) + 1, bytes.Length - 1));
        return true;
    }

    private ReadOnlySpan<byte> KeyOf(int i) => Slice(KeyStart(i), KeyStart(i + 1), KeysOffset);

    private uint KeyStart(int i) => i < count ? Field(i, 0) : (uint)valuesOffset;

    private uint ValueStart(int i) => i < count ? Field(i, 4) : (uint)record.Length;

    private uint Field(int i, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(indexOffset + (i * IndexRowLength) + offset));

    // Whatever the index says, within the record and not before its place.
    private Span<byte> Slice(uint start, uint end, int first) =>
        start >= first && start <= end && end <= record.Length ? record.AsSpan((int)start..(int)end) : default;
}
