using System.Buffers.Binary;
using CsCheck;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>Stored bytes that are not what was written: damaged, cut, copied, of another version, or lying about
/// themselves.</summary>
public sealed class CacheRecordDamageTests
{
    [Fact]
    public void A_record_cut_at_any_byte_or_with_a_byte_too_many_is_damaged()
    {
        var stored = CacheRecords.Encode(CacheRecords.Fixed());

        for (var length = 0; length < stored.Length; length++)
        {
            Assert.Equal(StoredSessionStatus.Damaged, CacheRecords.StatusOf(stored[..length]));
        }

        Assert.Equal(StoredSessionStatus.Damaged, CacheRecords.StatusOf([.. stored, 0]));
    }

    [Fact]
    public void Any_bit_flipped_in_front_of_the_values_makes_a_record_damaged()
    {
        var stored = CacheRecords.Encode(CacheRecords.Fixed());

        ForEachFlip(stored, 0, (int)CacheRecords.ValuesOffset(stored), (flipped, position) => Assert.Equal(
            position == 0 && flipped[0] > CacheRecord.Format ? StoredSessionStatus.Newer : StoredSessionStatus.Damaged,
            CacheRecords.StatusOf(flipped)));
    }

    [Fact]
    public void A_value_with_any_bit_flipped_is_absent_and_reported_and_costs_no_other()
    {
        var stored = CacheRecords.Encode(CacheRecords.Fixed());
        var values = CacheRecords.Open(stored).Values.ToDictionary(
            pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal);

        ForEachFlip(stored, (int)CacheRecords.ValuesOffset(stored), stored.Length, (flipped, _) =>
        {
            var reported = new List<Guid>();
            var read = CacheRecords.Open(flipped, reported.Add).Values.ToList();
            Assert.Equal(values.Count - 1, read.Count);
            Assert.All(read, pair => Assert.Equal(values[pair.Key], pair.Value.ToArray()));
            Assert.Equal([CacheRecords.Id], reported);

            var one = CacheRecords.Open(flipped).Values;
            Assert.Equal(values.Count - 1, values.Count(pair =>
                one.TryGetValue(pair.Key, out var value) && value.Span.SequenceEqual(pair.Value)));
            Assert.Equal(values.Count - 1, values.Keys.Count(one.ContainsKey));
        });
    }

    [Fact]
    public void A_damaged_value_stays_absent_until_it_is_written_again()
    {
        var stored = CacheRecords.Encode(CacheRecords.Fixed());
        stored[^1] ^= 1;
        var damaged = CacheRecords.Fixed().Values.Keys.Single(
            key => !CacheRecords.Open(stored).Values.ContainsKey(key));

        var kept = CacheRecords.Encode(CacheRecords.Fixed(2, ("other", "1")), stored);
        Assert.False(CacheRecords.Open(kept).Values.ContainsKey(damaged));
        var written = CacheRecords.Encode(CacheRecords.Fixed(3, (damaged, "again")), kept);
        Assert.Equal("again"u8.ToArray(), CacheRecords.Open(written).Values[damaged].ToArray());
    }

    [Fact]
    public void A_record_copied_to_another_id_is_damaged()
    {
        var other = new Guid("00112233-4455-6677-8899-aabbccddeefe");

        var stored = CacheRecords.Encode(CacheRecords.Fixed());

        Assert.Equal(StoredSessionStatus.Damaged, CacheRecord.Read(other, stored, out _));
    }

    [Fact]
    public void A_higher_version_is_newer_whatever_follows_and_a_lower_one_is_damaged()
    {
        var stored = CacheRecords.Encode(CacheRecords.Fixed());

        Assert.Equal(StoredSessionStatus.Newer, CacheRecords.StatusOf([CacheRecord.Format + 1, .. stored[1..]]));
        Assert.Equal(StoredSessionStatus.Newer, CacheRecords.StatusOf([CacheRecord.Format + 1]));
        Assert.Equal(StoredSessionStatus.Newer, CacheRecords.StatusOf([255, 0, 1]));
        Assert.Equal(StoredSessionStatus.Damaged, CacheRecords.StatusOf([CacheRecord.Format - 1, .. stored[1..]]));
        Assert.Equal(StoredSessionStatus.Damaged, CacheRecords.StatusOf([]));
    }

    [Fact]
    public void A_version_of_zero_or_a_time_that_is_none_is_damaged()
    {
        (int, long)[] lies =
        [
            (CacheRecord.VersionOffset, 0),
            (CacheRecord.LastSeenOffset, long.MaxValue),
            (CacheRecord.StartedOffset, long.MinValue),
        ];
        foreach (var (offset, lie) in lies)
        {
            var stored = CacheRecords.Encode(CacheRecords.Fixed());
            BinaryPrimitives.WriteInt64LittleEndian(stored.AsSpan(offset), lie);

            Assert.Equal(StoredSessionStatus.Damaged, CacheRecords.StatusOf(CacheRecords.Seal(stored)));
        }
    }

    [Theory]
    [InlineData(CacheRecord.HeaderLengthOffset)]
    [InlineData(CacheRecord.UserLengthOffset)]
    [InlineData(CacheRecord.CountOffset)]
    [InlineData(CacheRecord.KeysLengthOffset)]
    public void A_record_that_lies_about_a_length_costs_no_memory(int field)
    {
        foreach (var lie in (int[])[int.MaxValue, int.MinValue, -1, -8, 1 << 28, 1 << 29, 1 << 30, 1000, 1, 0])
        {
            var stored = CacheRecords.Encode(CacheRecords.Fixed());
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(field), lie);

            AssertHarmless(CacheRecords.Seal(stored));
        }
    }

    [Fact]
    public void Offsets_that_point_anywhere_cost_no_memory()
    {
        foreach (var lie in (uint[])[uint.MaxValue, uint.MaxValue - 2, int.MaxValue, 0x8000_0000, 0, 1, 76, 150])
        {
            for (var field = 0; field < 8; field++)
            {
                var stored = CacheRecords.Encode(CacheRecords.Fixed());
                var row = (int)CacheRecords.IndexOffset(stored) + (12 * (field / 2));
                BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(row + (4 * (field % 2))), lie);

                AssertHarmless(CacheRecords.Seal(stored));
            }
        }
    }

    [Fact]
    public void Values_that_overlap_are_not_multiplied()
    {
        const int Rows = 400;
        const int Keys = CacheRecords.FixedLength + (12 * Rows);
        const int Values = Keys + (2 * Rows);
        var record = new byte[Values + 64_000];
        CacheRecords.Encode(CacheRecords.Fixed(1)).AsSpan(0, CacheRecords.FixedLength).CopyTo(record);
        record[CacheRecord.FlagsOffset] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(CacheRecord.LengthOffset), record.Length);
        record.AsSpan(CacheRecord.HeaderLengthOffset, 8).Clear();
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(CacheRecord.CountOffset), Rows);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(CacheRecord.KeysLengthOffset), 2 * Rows);
        for (var row = 0; row < Rows; row++)
        {
            // Every other value is nearly the whole record.
            var start = row % 2 == 0 ? Values : record.Length - 3;
            var entry = record.AsSpan(CacheRecords.FixedLength + (12 * row));
            BinaryPrimitives.WriteInt32LittleEndian(entry, Keys + (2 * row));
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], start);
            BinaryPrimitives.WriteUInt32LittleEndian(
                entry[8..], Checksum.Of(record.AsSpan(start..(row % 2 == 0 ? ^3 : ^0))));
            BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(Keys + (2 * row)), (ushort)(0x2000 + row));
        }

        AssertHarmless(CacheRecords.Seal(record));
    }

    [Fact]
    public void Random_bytes_are_never_whole() =>
        Gen.Byte.Array[0, 300].Sample(
            bytes => Assert.NotEqual(StoredSessionStatus.Whole, CacheRecords.StatusOf(bytes)));

    [Fact]
    public void Random_bytes_behind_valid_lengths_never_throw() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 12], Gen.Int[0, 20], Gen.Int[0, 120], Gen.Byte).Sample(
            (bytes, count, user, keys, flags) =>
        {
            var stored = new byte[CacheRecords.FixedLength + bytes.Length];
            CacheRecords.Encode(CacheRecords.Fixed()).AsSpan(0, CacheRecords.FixedLength).CopyTo(stored);
            bytes.CopyTo(stored, CacheRecords.FixedLength);
            stored[CacheRecord.FlagsOffset] = flags;
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(CacheRecord.LengthOffset), stored.Length);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(CacheRecord.UserLengthOffset), user);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(CacheRecord.CountOffset), count);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(CacheRecord.KeysLengthOffset), keys);

            AssertHarmless(CacheRecords.Seal(stored));
        });

    // Whatever it says, it is read, merged and touched for what it is: some bytes.
    private static void AssertHarmless(byte[] stored)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (CacheRecord.Read(CacheRecords.Id, stored, out var record) == StoredSessionStatus.Whole)
        {
            var session = record.ToSession(damaged: null);
            Assert.All(session.Values.ToList(), pair => Assert.InRange(pair.Value.Length, 0, stored.Length));
            Assert.False(session.Values.ContainsKey("nothing"));
            _ = record.UserId;
            Assert.False(record.IsOf("somebody"));
            var merged = CacheRecords.Encode(CacheRecords.Fixed(2, ("a", "1"), ("z", null)), stored);
            Assert.InRange(merged.Length, 1, stored.Length + 200);
            Assert.Equal("1"u8.ToArray(), CacheRecords.Open(merged).Values["a"].ToArray());
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    private static void ForEachFlip(byte[] stored, int from, int to, Action<byte[], int> check)
    {
        for (var bit = from * 8; bit < to * 8; bit++)
        {
            var flipped = (byte[])stored.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            check(flipped, bit / 8);
        }
    }
}
