using System.Buffers.Text;
using System.Text.Unicode;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records from the fields of a hash, whatever these are.</summary>
internal static class RecordReader
{
    public const byte ValuePrefix = (byte)':';

    /// <summary>Reads all fields of a hash. The keys of the values are not decoded until they are asked for.</summary>
    /// <param name="id">The session.</param>
    /// <param name="fields">The fields, of which the order is changed; <see langword="null"/>: the key holds something that is no
    /// hash.</param>
    public static StoredSession? Read(Guid id, HashEntry[]? fields) => fields is { Length: 0 } ? null : Read(id, fields ?? [], out _);

    /// <summary>Reads the fields of a hash that is there.</summary>
    public static StoredSession Read(Guid id, HashEntry[] fields, out RecordColumns columns)
    {
        var (values, valueBytes) = MoveValuesToFront(fields);
        var others = fields.AsSpan(values);
        var first = BytesOf(others, "0"u8);
        columns = first.Length >= RecordColumns.Size ? RecordColumns.Read(first.Span) : default;
        if (columns.Format > RecordColumns.CurrentFormat)
        {
            return new StoredSession { Id = id, Status = StoredSessionStatus.Newer };
        }

        if (columns.Format == RecordColumns.CurrentFormat
            && NumberOf(BytesOf(others, "v"u8)) is { } version and not 0
            && TimeOf(NumberOf(BytesOf(others, "l"u8))) is { } lastSeenAt
            && TimeOf(columns.StartedAt) is { } startedAt
            && HeaderOf(others, first) is { } header)
        {
            return new StoredSession
            {
                Id = id,
                Version = version,
                Header = header,
                LastSeenAt = lastSeenAt,
                StartedAt = startedAt,
                Values = new RecordValues(fields.AsMemory(0, values)),
                ValueBytes = valueBytes,
            };
        }

        return new StoredSession { Id = id, Status = StoredSessionStatus.Damaged };
    }

    /// <summary>The stored version, whatever it is; empty when there is none.</summary>
    public static RedisValue VersionOf(HashEntry[] fields) => BytesOf(fields, "v"u8);

    /// <summary>The fields that a script has returned; <see langword="null"/> for a key that holds something that is no hash.</summary>
    public static HashEntry[]? FieldsOf(RedisResult? answer)
    {
        if ((RedisValue[]?)answer is not { } flat)
        {
            return null;
        }

        var fields = new HashEntry[flat.Length / 2];
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = new HashEntry(flat[2 * i], flat[(2 * i) + 1]);
        }

        return fields;
    }

    /// <summary>A time from its Unix milliseconds; <see langword="null"/> when there is no such time.</summary>
    public static DateTimeOffset? TimeOf(long? number) =>
        number is { } milliseconds
        && milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    private static (int Values, long Bytes) MoveValuesToFront(HashEntry[] fields)
    {
        var (values, bytes) = (0, 0L);
        for (var i = 0; i < fields.Length; i++)
        {
            ReadOnlyMemory<byte> name = fields[i].Name;
            // A name that is no UTF-8 is none of ours, and decoded it may look like another.
            if (name.Span is [ValuePrefix, .. var key] && Utf8.IsValid(key))
            {
                bytes += name.Length - 1 + fields[i].Value.Length();
                (fields[values], fields[i]) = (fields[i], fields[values]);
                values++;
            }
        }

        return (values, bytes);
    }

    // The header, if all its fields are there: each but the last one has 64 bytes, so each tells where it belongs.
    private static ReadOnlyMemory<byte>? HeaderOf(ReadOnlySpan<HashEntry> fields, ReadOnlyMemory<byte> first)
    {
        if (first.Length < RecordColumns.FieldSize)
        {
            return first[RecordColumns.Size..];
        }

        using var header = new MemoryStream(4 * RecordColumns.FieldSize);
        header.Write(first.Span[RecordColumns.Size..]);
        Span<byte> name = stackalloc byte[11];
        for (var i = 1; ; i++)
        {
            Utf8Formatter.TryFormat(i, name, out var written);
            if (!TryGetBytes(fields, name[..written], out var field) || field.Length > RecordColumns.FieldSize)
            {
                return null;
            }

            header.Write(field.Span);
            if (field.Length < RecordColumns.FieldSize)
            {
                return header.GetBuffer().AsMemory(0, (int)header.Length);
            }
        }
    }

    private static ReadOnlyMemory<byte> BytesOf(ReadOnlySpan<HashEntry> fields, ReadOnlySpan<byte> name) =>
        TryGetBytes(fields, name, out var bytes) ? bytes : default;

    private static bool TryGetBytes(ReadOnlySpan<HashEntry> fields, ReadOnlySpan<byte> name, out ReadOnlyMemory<byte> bytes)
    {
        foreach (var field in fields)
        {
            ReadOnlyMemory<byte> other = field.Name;
            if (other.Span.SequenceEqual(name))
            {
                bytes = field.Value;
                return true;
            }
        }

        bytes = default;
        return false;
    }

    private static long? NumberOf(ReadOnlyMemory<byte> text) =>
        Utf8Parser.TryParse(text.Span, out long number, out var read) && read == text.Length ? number : null;
}
