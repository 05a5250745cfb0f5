using System.Buffers.Binary;
using System.Text;
using CsCheck;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Records for tests of their stored form: generated, fixed, and tampered with.</summary>
internal static class StoredRecords
{
    public static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");

    private static readonly Gen<string> Text =
        Gen.Int[0, 0x10FFFF].Where(Rune.IsValid).Array[0, 6].Select(runes => string.Concat(runes.Select(rune => new Rune(rune))));

    private static readonly Gen<DateTimeOffset> Time =
        Gen.Long[DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()]
            .Select(DateTimeOffset.FromUnixTimeMilliseconds);

    /// <summary>Few different keys, so that they meet, and some of every script.</summary>
    private static readonly Gen<string> Key = Gen.Frequency<string>((3, Gen.Char['a', 'f'].Select(c => c.ToString())), (1, Text.Where(text => text.Length > 0)));

    private static readonly Gen<SessionValue> Value =
        Gen.Select(Gen.Enum<SessionValueKind>(), Gen.Byte.Array[0, 40], (kind, data) => new SessionValue(kind, data));

    public static readonly Gen<Dictionary<string, SessionValue>> Values =
        Gen.Select(Key, Value).Array[0, 12].Select(pairs => ToDictionary(pairs.Select(pair => (pair.Item1, pair.Item2))));

    public static readonly Gen<Dictionary<string, SessionValue?>> Changes =
        Gen.Select(Key, Gen.Nullable(Value)).Array[0, 8].Select(pairs => ToDictionary(pairs.Select(pair => (pair.Item1, pair.Item2))));

    public static readonly Gen<SessionRecord> Any = Gen.Select(
        Gen.Byte.Array[32], Gen.Long, Gen.Null(Text), Gen.Null(Text), Time, Time, Gen.Nullable(Time), Values,
        (hash, generation, user, owner, created, seen, authenticated, values) => new SessionRecord
        {
            Id = Id,
            SecretHash = hash,
            Generation = generation,
            UserId = user,
            OwnerId = owner ?? user,
            CreatedAt = created,
            SecretIssuedAt = created,
            StartedAt = seen,
            AuthenticatedAt = authenticated,
            LastSeenAt = seen,
            Values = values,
            ValueBytes = values.Sum(pair => LayeredValues.SizeOf(pair.Key, pair.Value)),
        });

    // The sign tells a secret that a sign-in replaced from a previous one.
    private static readonly Gen<DateTimeOffset> After1970 =
        Gen.Long[1, -DateTimeOffset.MinValue.ToUnixTimeMilliseconds()].Select(DateTimeOffset.FromUnixTimeMilliseconds);

    private static readonly Gen<byte[]?> Hash = Gen.Null(Gen.Byte.Array[32]);

    /// <summary>Records in the middle of a rotation, of users with claims and of users whose sessions were revoked.</summary>
    public static readonly Gen<SessionRecord> Rich = Gen.Select(
        Any, Hash, Hash, After1970, Time, Gen.Guid, Gen.Byte.Array[0, 40], Gen.Null(Gen.Select(Gen.Null(Text), Gen.Null(Text), (agent, address) => new SessionClient(agent, address))),
        (record, next, previous, until, issued, epoch, principal, client) => new SessionRecord
        {
            Id = record.Id,
            SecretHash = record.SecretHash,
            NextSecretHash = next,
            PreviousSecretHash = (record.Generation & 1) == 0 ? previous : null,
            PreviousValidUntil = previous is not null && (record.Generation & 1) == 0 ? until : null,
            ReplacedSecretHash = (record.Generation & 1) == 0 ? null : previous,
            ReplacedUntil = previous is null || (record.Generation & 1) == 0 ? null : until,
            SecretIssuedAt = issued,
            Generation = record.Generation,
            UserId = record.UserId,
            OwnerId = record.OwnerId,
            CreatedAt = record.CreatedAt,
            StartedAt = record.StartedAt,
            AuthenticatedAt = record.AuthenticatedAt,
            Principal = principal,
            Client = client,
            Epoch = epoch,
            LastSeenAt = record.LastSeenAt,
            Values = record.Values,
            ValueBytes = record.ValueBytes,
        });

    /// <summary>A record with every field and every kind of value.</summary>
    public static SessionRecord Fixed()
    {
        var created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var values = new Dictionary<string, SessionValue>(StringComparer.Ordinal)
        {
            ["cart"] = new(SessionValueKind.Json, "{\"items\":[1,2,3]}"u8.ToArray()),
            ["count"] = new(SessionValueKind.Int32, new byte[] { 0, 0, 0, 42 }),
            ["empty"] = new(SessionValueKind.Text, default),
            ["größe"] = new(SessionValueKind.Text, "schön 😀"u8.ToArray()),
            ["legacy"] = new(SessionValueKind.Raw, new byte[] { 1, 2, 3 }),
            ["photo"] = new(SessionValueKind.Bytes, new byte[] { 0xff, 0xd8 }),
        };
        return new SessionRecord
        {
            Id = Id,
            SecretHash = Enumerable.Range(100, 32).Select(i => (byte)i).ToArray(),
            NextSecretHash = Enumerable.Range(10, 32).Select(i => (byte)i).ToArray(),
            PreviousSecretHash = Enumerable.Range(200, 32).Select(i => (byte)i).ToArray(),
            PreviousValidUntil = created.AddMinutes(4),
            SecretIssuedAt = created.AddMinutes(5),
            Generation = 3,
            UserId = "alice",
            OwnerId = "bob",
            CreatedAt = created,
            StartedAt = created.AddMinutes(1),
            AuthenticatedAt = created.AddMinutes(2),
            Principal = "claims"u8.ToArray(),
            Epoch = new Guid("ffeeddcc-bbaa-9988-7766-554433221100"),
            LastSeenAt = created.AddMinutes(3),
            Values = values,
            ValueBytes = values.Sum(pair => LayeredValues.SizeOf(pair.Key, pair.Value)),
        };
    }

    public static byte[] Encode(SessionRecord record) =>
        RecordCodec.Encode(record, PackedValues.Empty, new PackedChanges(record.Values.ToDictionary(pair => pair.Key, pair => (SessionValue?)pair.Value, StringComparer.Ordinal)));

    /// <summary>Where the index begins, by what the header says.</summary>
    public static long IndexOffset(ReadOnlySpan<byte> stored) => 120L
        + BinaryPrimitives.ReadInt32LittleEndian(stored[104..])
        + BinaryPrimitives.ReadInt32LittleEndian(stored[116..])
        + BinaryPrimitives.ReadInt32LittleEndian(stored[108..]);

    /// <summary>Where the values begin, by what the header says.</summary>
    public static long EntriesOffset(ReadOnlySpan<byte> stored) => IndexOffset(stored)
        + (12L * BinaryPrimitives.ReadInt32LittleEndian(stored[100..]))
        + BinaryPrimitives.ReadInt32LittleEndian(stored[112..]);

    /// <summary>Makes the header's checksum right, as one who can write to the store could.</summary>
    public static void Seal(byte[] stored)
    {
        var end = (int)Math.Clamp(EntriesOffset(stored), 120, stored.Length);
        var checksum = Checksum.Of(Checksum.Of(stored.AsSpan(0, 8)), stored.AsSpan(12, end - 12));
        BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(8), checksum);
    }

    /// <summary>Reads all there is to read, in every way there is.</summary>
    public static int ReadAll(SessionRecord record)
    {
        var read = record.Values.Count(pair => pair.Value.Data.Length >= 0) + record.Values.Keys.Count();
        foreach (var key in (string[])["", "a", "cart", "photo", "\U0010FFFF", new('z', 300)])
        {
            read += record.Values.TryGetValue(key, out var value) ? value.Data.Length : 0;
        }

        return read;
    }

    public static void AssertSame(SessionRecord expected, SessionRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(
            (expected.Id, expected.Generation, expected.UserId, expected.OwnerId, expected.CreatedAt, expected.StartedAt, expected.AuthenticatedAt, expected.LastSeenAt, expected.ValueBytes, expected.SecretIssuedAt, expected.PreviousValidUntil, expected.Epoch, expected.ReplacedUntil),
            (actual.Id, actual.Generation, actual.UserId, actual.OwnerId, actual.CreatedAt, actual.StartedAt, actual.AuthenticatedAt, actual.LastSeenAt, actual.ValueBytes, actual.SecretIssuedAt, actual.PreviousValidUntil, actual.Epoch, actual.ReplacedUntil));
        Assert.Equal(expected.SecretHash.ToArray(), actual.SecretHash.ToArray());
        Assert.Equal(expected.NextSecretHash.ToArray(), actual.NextSecretHash.ToArray());
        Assert.Equal(expected.PreviousSecretHash.ToArray(), actual.PreviousSecretHash.ToArray());
        Assert.Equal(expected.ReplacedSecretHash.ToArray(), actual.ReplacedSecretHash.ToArray());
        Assert.Equal(expected.Principal.ToArray(), actual.Principal.ToArray());
        Assert.Equal(expected.Client, actual.Client);
        AssertSame(expected.Values, actual.Values);
    }

    public static void AssertSame(IReadOnlyDictionary<string, SessionValue> expected, IReadOnlyDictionary<string, SessionValue> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
    }

    private static Dictionary<string, T> ToDictionary<T>(IEnumerable<(string Key, T Value)> pairs)
    {
        var values = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
        {
            values[key] = value;
        }

        return values;
    }
}
