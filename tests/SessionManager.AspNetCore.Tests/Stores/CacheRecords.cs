using System.Buffers.Binary;
using System.Text;
using CsCheck;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>Records of a cache for tests of their stored form: generated, fixed, and tampered with.</summary>
internal static class CacheRecords
{
    public const int HeaderLengthOffset = 60;
    public const int CountOffset = 68;
    public const int FixedLength = 76;

    public static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");

    private static readonly Gen<string> Text =
        Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Array[0, 6].Select(
            runes => string.Concat(runes.Select(rune => new Rune(rune))));

    // Half surrogates among them, and long ones.
    private static readonly Gen<string> User = Gen.Frequency<string>(
        (3, Text),
        (1, Gen.Char['\0', '\uFFFF'].Array[0, 6].Select(chars => new string(chars))),
        (1, Gen.Int[80, 300].Select(length => new string('ü', length))));

    private static readonly Gen<DateTimeOffset> Time =
        Gen.Long[DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()]
            .Select(DateTimeOffset.FromUnixTimeMilliseconds);

    // Few different keys, so that they meet, and some of every script.
    private static readonly Gen<string> Key = Gen.Frequency<string>(
        (3, Gen.Char['a', 'f'].Select(c => c.ToString())), (1, Text));

    public static readonly Gen<Dictionary<string, ReadOnlyMemory<byte>?>> Changes = Gen.Select(
        Key, Gen.Null(Gen.Byte.Array[0, 40])).Array[0, 12].Select(pairs => pairs
            .GroupBy(pair => pair.Item1, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key,
                group => group.Last().Item2 is { } value ? (ReadOnlyMemory<byte>?)value : null,
                StringComparer.Ordinal));

    public static readonly Gen<SessionWrite> Writes = Gen.Select(
        Gen.Long.Where(version => version != 0),
        Gen.Byte.Array[0, 60],
        Gen.Null(User),
        Time,
        Time,
        Time,
        Gen.Bool,
        Changes,
        (version, header, user, seen, started, kept, tombstone, values) => new SessionWrite
        {
            Id = Id,
            ExpectedVersion = 0,
            NewVersion = version,
            Header = header,
            UserId = user,
            LastSeenAt = seen,
            StartedAt = started,
            Now = seen,
            KeepUntil = kept,
            IndexUntil = kept,
            IsTombstone = tombstone,
            Values = values,
        });

    /// <summary>The write that the snapshots are of.</summary>
    public static SessionWrite Fixed() =>
        Fixed(0x0102030405060708, ("cart", "{}"), ("größe", "0815"), ("empty", ""), ("a", "1"));

    /// <summary>A write of these values.</summary>
    public static SessionWrite Fixed(long version, params (string Key, string? Value)[] values)
    {
        var started = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        return new SessionWrite
        {
            Id = Id,
            ExpectedVersion = 0,
            NewVersion = version,
            Header = "header"u8.ToArray(),
            UserId = "alice",
            StartedAt = started,
            LastSeenAt = started.AddMinutes(5),
            Now = started.AddMinutes(5),
            KeepUntil = started.AddMinutes(45),
            IndexUntil = started.AddDays(1),
            Values = values.ToDictionary(
                value => value.Key,
                value => value.Value is { } text ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text) : null,
                StringComparer.Ordinal),
        };
    }

    /// <summary>The record after a write.</summary>
    public static byte[] Encode(SessionWrite write, byte[]? before = null)
    {
        var record = default(CacheRecord);
        if (before is not null)
        {
            Assert.Equal(StoredSessionStatus.Whole, CacheRecord.Read(write.Id, before, out record));
        }

        return CacheRecord.Encode(write, record, write.KeepUntil.ToUnixTimeMilliseconds());
    }

    /// <summary>The session in a whole record.</summary>
    public static StoredSession Open(byte[] stored, Action<Guid>? damaged = null)
    {
        Assert.Equal(StoredSessionStatus.Whole, CacheRecord.Read(Id, stored, out var record));
        return record.ToSession(damaged);
    }

    public static StoredSessionStatus StatusOf(byte[] stored) => CacheRecord.Read(Id, stored, out _);

    /// <summary>Where the values of a record begin, by what it says.</summary>
    public static long ValuesOffset(byte[] stored) =>
        IndexOffset(stored) + (12L * Number(stored, CountOffset)) + Number(stored, CountOffset + 4);

    /// <summary>Where the index of a record begins, by what it says.</summary>
    public static long IndexOffset(byte[] stored) =>
        FixedLength + (long)Number(stored, HeaderLengthOffset) + Number(stored, HeaderLengthOffset + 4);

    /// <summary>Gives a record that was tampered with the checksum it should have, as far as it can be known.</summary>
    public static byte[] Seal(byte[] stored)
    {
        if (ValuesOffset(stored) is >= FixedLength and var end && end <= stored.Length)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(8), CacheRecord.ComputeChecksum(stored, (int)end));
        }

        return stored;
    }

    public static void AssertSame(StoredSession expected, StoredSession actual)
    {
        Assert.Equal(
            (expected.Id, expected.Version, expected.Status, expected.LastSeenAt, expected.StartedAt),
            (actual.Id, actual.Version, actual.Status, actual.LastSeenAt, actual.StartedAt));
        Assert.Equal(expected.Header.ToArray(), actual.Header.ToArray());
        AssertSame(expected.Values, actual.Values);
        Assert.Equal(
            expected.Values.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key) + pair.Value.Length), actual.ValueBytes);
    }

    public static void AssertSame(
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> expected,
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.Equal(pair.Value.ToArray(), actual[pair.Key].ToArray()));
    }

    private static int Number(byte[] stored, int offset) =>
        BinaryPrimitives.ReadInt32LittleEndian(stored.AsSpan(offset));
}
