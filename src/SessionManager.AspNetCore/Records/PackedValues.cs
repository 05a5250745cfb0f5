using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// The values of a stored record, read where they lie: a lookup is a binary search over the index, and decodes one entry.
/// An entry whose checksum is wrong is not there.
/// </summary>
/// <param name="record">The whole record.</param>
/// <param name="indexOffset">Where its index begins.</param>
/// <param name="count">How many entries it has.</param>
/// <param name="damaged">Told the session's id when an entry turns out to be damaged.</param>
internal sealed class PackedValues(ReadOnlyMemory<byte> record, int indexOffset, int count, Action<Guid>? damaged = null)
    : IReadOnlyDictionary<string, SessionValue>
{
    public const int IndexRowLength = 8;
    public const int EntryHeaderLength = 3;

    public static readonly PackedValues Empty = new(default, 0, 0);

    public int Count => count;

    /// <summary>The bytes of all keys and values, without what the format adds.</summary>
    public long ByteCount => record.Length - indexOffset - (count * (IndexRowLength + EntryHeaderLength));

    public IEnumerable<string> Keys => this.Select(entry => entry.Key);

    public IEnumerable<SessionValue> Values => this.Select(entry => entry.Value);

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

    /// <summary>The entry as it is stored; empty when the index points nowhere.</summary>
    public ReadOnlyMemory<byte> EntryOf(int i)
    {
        var start = OffsetOf(i);
        var end = i + 1 < count ? OffsetOf(i + 1) : (uint)record.Length;
        var first = (uint)(indexOffset + (count * IndexRowLength));
        return start >= first && end <= record.Length && (long)end - start >= EntryHeaderLength
            ? record[(int)start..(int)end]
            : default;
    }

    public uint ChecksumOf(int i) => BinaryPrimitives.ReadUInt32LittleEndian(record.Span[(indexOffset + (i * IndexRowLength) + 4)..]);

    public ReadOnlySpan<byte> KeyOf(int i)
    {
        var entry = EntryOf(i).Span;
        if (entry.IsEmpty)
        {
            return default;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[1..]);
        return length <= entry.Length - EntryHeaderLength ? entry.Slice(EntryHeaderLength, length) : default;
    }

    /// <summary>Whether the entry is as it was written. Says so to whom it concerns when it is not.</summary>
    public bool IsWhole(int i)
    {
        var entry = EntryOf(i);
        var whole = !entry.IsEmpty && Checksum.Of(entry.Span) == ChecksumOf(i) && entry.Span[0] <= (byte)SessionValueKind.Json;
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

        var entry = EntryOf(i);
        value = new SessionValue((SessionValueKind)entry.Span[0], entry[(EntryHeaderLength + KeyOf(i).Length)..]);
        return true;
    }

    private uint OffsetOf(int i) => BinaryPrimitives.ReadUInt32LittleEndian(record.Span[(indexOffset + (i * IndexRowLength))..]);
}
