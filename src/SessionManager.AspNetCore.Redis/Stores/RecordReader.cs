using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records from the fields of a hash, whatever these are.</summary>
internal static class RecordReader
{
    public const byte ValuePrefix = (byte)':';

    /// <summary>Reads all fields of a hash.</summary>
    /// <param name="id">The session.</param>
    /// <param name="fields">The fields; <see langword="null"/>: the key holds something that is no hash.</param>
    public static StoredRecord Read(Guid id, HashEntry[]? fields)
    {
        if (fields is not { Length: > 0 })
        {
            return fields is null ? new StoredRecord(Unreadable(id, StoredSessionStatus.Damaged)) : default;
        }

        var values = new Dictionary<string, ReadOnlyMemory<byte>>(fields.Length, StringComparer.Ordinal);
        var pieces = new ReadOnlyMemory<byte>?[fields.Length];
        var (version, lastSeenAt, valueBytes) = (0L, (DateTimeOffset?)null, 0L);
        foreach (var field in fields)
        {
            ReadOnlyMemory<byte> name = field.Name;
            ReadOnlyMemory<byte> value = field.Value;
            switch (name.Span)
            {
                // A name that is no UTF-8 is none of ours, and decoded it may look like another.
                case [ValuePrefix, .. var key] when Utf8.IsValid(key):
                    values.Add(Encoding.UTF8.GetString(key), value);
                    valueBytes += key.Length + value.Length;
                    break;
                case [(byte)'v']:
                    version = NumberOf(value.Span) ?? 0;
                    break;
                case [(byte)'l']:
                    lastSeenAt = TimeOf(NumberOf(value.Span));
                    break;
                case [(byte)'0'] or [>= (byte)'1' and <= (byte)'9', ..]
                    when NumberOf(name.Span) is { } place && place < pieces.Length:
                    pieces[place] = value;
                    break;
            }
        }

        if (Join(pieces) is not { } header || RecordColumns.Read(header.Span) is not { Format: > 0 } columns)
        {
            return new StoredRecord(Unreadable(id, StatusOf(pieces[0])));
        }

        return columns.Format == RecordColumns.CurrentFormat && version != 0
            && lastSeenAt is { } seen && TimeOf(columns.StartedAt) is { } startedAt
            ? new StoredRecord(
                new StoredSession
                {
                    Id = id,
                    Version = version,
                    Header = header[RecordColumns.Size..],
                    LastSeenAt = seen,
                    StartedAt = startedAt,
                    Values = values,
                    ValueBytes = valueBytes,
                },
                columns)
            : new StoredRecord(Unreadable(id, StatusOf(pieces[0])));
    }

    /// <summary>The fields that a script has returned.</summary>
    public static HashEntry[]? FieldsOf(RedisResult? answer) =>
        ((RedisValue[]?)answer)?.Chunk(2).Select(static pair => new HashEntry(pair[0], pair[1])).ToArray();

    /// <summary>The stored version, whatever it is; empty when there is none.</summary>
    public static RedisValue VersionOf(HashEntry[]? fields) =>
        fields?.FirstOrDefault(static field => field.Name == "v").Value is { IsNull: false } version
            ? version
            : RedisValue.EmptyString;

    /// <summary>The version that the last write of this content left, as far as that is known: touches that know it say
    /// so, and else it is the stored version. 0: there is no such version.</summary>
    public static long ContentOf(HashEntry[]? fields)
    {
        ReadOnlyMemory<byte> version = VersionOf(fields);
        ReadOnlyMemory<byte> written = fields?.FirstOrDefault(static field => field.Name == "w").Value ?? default;
        // What follows another version was left behind by a touch before a later write.
        var content = written.Length > version.Length && written.Span.StartsWith(version.Span)
            && written.Span[version.Length] == (byte)' '
            ? written[(version.Length + 1)..]
            : version;
        return NumberOf(content.Span) ?? 0;
    }

    /// <summary>A time from its Unix milliseconds; <see langword="null"/> when there is no such time.</summary>
    public static DateTimeOffset? TimeOf(long? number) =>
        number is { } milliseconds
        && milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    /// <summary>A decimal number; <see langword="null"/> when the text is none.</summary>
    public static long? NumberOf(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long number, out var read) && read == text.Length ? number : null;

    // Columns and header, if all their fields are there: each but the last one has 64 bytes.
    private static ReadOnlyMemory<byte>? Join(ReadOnlyMemory<byte>?[] pieces)
    {
        var last = Array.FindIndex(pieces, static piece => piece?.Length != RecordColumns.FieldSize);
        if (last < 0 || pieces[last] is not { Length: < RecordColumns.FieldSize } rest)
        {
            return null;
        }

        var joined = new byte[(last * RecordColumns.FieldSize) + rest.Length];
        for (var i = 0; i <= last; i++)
        {
            pieces[i]!.Value.CopyTo(joined.AsMemory(i * RecordColumns.FieldSize));
        }

        return joined.Length < RecordColumns.Size ? null : (ReadOnlyMemory<byte>?)joined;
    }

    // Also of a newer record that has other fields than these, only the first byte is to be relied on.
    private static StoredSessionStatus StatusOf(ReadOnlyMemory<byte>? first) =>
        first is { Length: >= RecordColumns.Size } bytes && bytes.Span[0] > RecordColumns.CurrentFormat
            ? StoredSessionStatus.Newer
            : StoredSessionStatus.Damaged;

    private static StoredSession Unreadable(Guid id, StoredSessionStatus status) => new() { Id = id, Status = status };
}
