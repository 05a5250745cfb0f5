using System.Buffers.Binary;
using CsCheck;
using SessionManager.AspNetCore.Records;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>Stored bytes that are not what was written: damaged, cut, copied, of another version, or lying about themselves.</summary>
public sealed class RecordDamageTests
{
    [Fact]
    public void A_record_cut_at_any_byte_or_with_a_byte_too_many_is_unreadable()
    {
        var stored = StoredRecords.Encode(StoredRecords.Fixed());

        for (var length = 0; length < stored.Length; length++)
        {
            Assert.Equal(SessionLookupStatus.Unreadable, StatusOf(stored[..length]));
        }

        Assert.Equal(SessionLookupStatus.Unreadable, StatusOf([.. stored, 0]));
    }

    [Fact]
    public void Any_bit_flipped_in_the_header_or_the_index_makes_a_record_unreadable()
    {
        var stored = StoredRecords.Encode(StoredRecords.Fixed());

        ForEachFlip(stored, 0, (int)StoredRecords.EntriesOffset(stored), (flipped, position) =>
            Assert.Equal(position == 0 && flipped[0] > RecordCodec.Version ? SessionLookupStatus.Newer : SessionLookupStatus.Unreadable, StatusOf(flipped)));
    }

    [Fact]
    public void A_value_with_any_bit_flipped_is_absent_and_never_another_value()
    {
        var record = StoredRecords.Fixed();
        var stored = StoredRecords.Encode(record);

        ForEachFlip(stored, (int)StoredRecords.EntriesOffset(stored), stored.Length, (flipped, _) =>
        {
            var values = ValuesOf(flipped);
            Assert.Equal(Math.Max(0, values.Count - 1), values.Count(pair => record.Values[pair.Key] == pair.Value));
            Assert.All(record.Values, pair => Assert.True(!values.TryGetValue(pair.Key, out var value) || value == pair.Value));
        });
    }

    [Fact]
    public void A_damaged_value_costs_no_other_value()
    {
        var record = StoredRecords.Fixed();
        var stored = StoredRecords.Encode(record);

        ForEachFlip(stored, (int)StoredRecords.EntriesOffset(stored), stored.Length, (flipped, _) =>
        {
            var values = ValuesOf(flipped);
            Assert.Equal(Math.Max(0, values.Count - 1), record.Values.Keys.Count(values.ContainsKey));
        });
    }

    [Fact]
    public void A_change_merged_into_a_damaged_record_is_what_reads_back()
    {
        var record = StoredRecords.Fixed();
        var stored = StoredRecords.Encode(record);
        var added = new SessionValue(SessionValueKind.Text, "new"u8.ToArray());
        var changes = new PackedChanges(record.Values.Keys.ToDictionary(key => key, _ => (SessionValue?)added, StringComparer.Ordinal));

        ForEachFlip(stored, (int)StoredRecords.EntriesOffset(stored), stored.Length, (flipped, _) =>
        {
            var kept = ValuesOf(flipped);
            var values = RecordCodec.Decode(record.Id, RecordCodec.Encode(record, kept, changes)).Record!.Values;
            Assert.All(record.Values.Keys, key => Assert.Equal(added, values.TryGetValue(key, out var value) ? value : default));
        });
    }

    [Fact]
    public void A_record_or_a_tombstone_copied_to_another_id_is_unreadable()
    {
        var other = new Guid("00112233-4455-6677-8899-aabbccddeefe");

        Assert.Equal(SessionLookupStatus.Unreadable, RecordCodec.Decode(other, StoredRecords.Encode(StoredRecords.Fixed())).Status);
        Assert.Equal(SessionLookupStatus.Unreadable, RecordCodec.Decode(other, RecordCodec.EncodeTombstone(StoredRecords.Id, SessionEndReason.Revoked)).Status);
    }

    [Fact]
    public void A_higher_version_is_newer_whatever_follows()
    {
        var stored = StoredRecords.Encode(StoredRecords.Fixed());
        stored[0] = 2;

        Assert.Equal(SessionLookupStatus.Newer, StatusOf(stored));
        Assert.Equal(SessionLookupStatus.Newer, StatusOf([2]));
        Assert.Equal(SessionLookupStatus.Newer, StatusOf([255, 0, 1]));
        Assert.Equal(SessionLookupStatus.Unreadable, StatusOf([0, .. stored[1..]]));
    }

    [Fact]
    public void A_tombstone_with_any_bit_flipped_or_cut_at_any_byte_is_unreadable()
    {
        var stored = RecordCodec.EncodeTombstone(StoredRecords.Id, SessionEndReason.SignedOut);

        ForEachFlip(stored, 0, stored.Length, (flipped, position) =>
            Assert.Equal(position == 0 && flipped[0] > RecordCodec.Version ? SessionLookupStatus.Newer : SessionLookupStatus.Unreadable, StatusOf(flipped)));
        Assert.All(Enumerable.Range(0, stored.Length), length => Assert.Equal(SessionLookupStatus.Unreadable, StatusOf(stored[..length])));
    }

    [Fact]
    public void A_tombstone_with_a_reason_no_session_ends_for_is_unreadable()
    {
        for (var reason = 0; reason <= byte.MaxValue; reason++)
        {
            var expected = reason is >= (int)SessionEndReason.Expired and <= (int)SessionEndReason.Revoked ? SessionLookupStatus.Ended : SessionLookupStatus.Unreadable;
            Assert.Equal(expected, StatusOf(RecordCodec.EncodeTombstone(StoredRecords.Id, (SessionEndReason)reason)));
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(104)]
    [InlineData(108)]
    [InlineData(112)]
    public void A_header_that_lies_about_a_length_costs_no_memory(int field)
    {
        var record = StoredRecords.Fixed();
        foreach (var lie in (int[])[int.MaxValue, int.MinValue, -1, -8, 1 << 28, 1 << 29, 1 << 30, 1000, 0])
        {
            var stored = StoredRecords.Encode(record);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(field), lie);
            StoredRecords.Seal(stored);

            AssertHarmless(stored);
        }
    }

    [Fact]
    public void Offsets_that_point_anywhere_cost_no_memory()
    {
        var record = StoredRecords.Fixed();
        foreach (var lie in (uint[])[uint.MaxValue, uint.MaxValue - 2, int.MaxValue, 0x8000_0000, 0, 1, 120, 200])
        {
            for (var field = 0; field < 2 * record.Values.Count; field++)
            {
                var stored = StoredRecords.Encode(record);
                var row = (int)StoredRecords.IndexOffset(stored) + (12 * (field / 2));
                BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(row + (4 * (field % 2))), lie);
                StoredRecords.Seal(stored);

                AssertHarmless(stored);
            }
        }
    }

    [Fact]
    public void Values_that_overlap_cost_no_memory()
    {
        const int Rows = 400;
        const int Keys = 120 + (12 * Rows);
        const int Values = Keys + (2 * Rows);
        var record = new byte[Values + 64_000];
        StoredRecords.Encode(StoredRecords.Fixed()).AsSpan(0, 120).CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), record.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(100), Rows);
        record.AsSpan(104, 8).Clear();
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(112), 2 * Rows);
        record.AsSpan(116, 4).Clear();
        record[2] = 0;
        for (var row = 0; row < Rows; row++)
        {
            // Every other value is nearly the whole record.
            var start = row % 2 == 0 ? Values : record.Length - 3;
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(120 + (12 * row)), Keys + (2 * row));
            BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(124 + (12 * row)), start);
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(128 + (12 * row)), Checksum.Of(record.AsSpan(start..(row % 2 == 0 ? ^3 : ^0))));
            BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(Keys + (2 * row)), (ushort)(0x2000 + row));
        }

        StoredRecords.Seal(record);

        AssertHarmless(record);
    }

    [Fact]
    public void Random_bytes_never_throw() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Assert.NotEqual(SessionLookupStatus.Found, RecordCodec.Decode(StoredRecords.Id, bytes).Status));

    [Fact]
    public void Random_bytes_behind_a_valid_header_never_throw() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Int[0, 12], Gen.Int[0, 20], Gen.Int[0, 120], Gen.Byte).Sample((bytes, count, user, extras, flags) =>
        {
            var stored = new byte[120 + bytes.Length];
            StoredRecords.Encode(StoredRecords.Fixed()).AsSpan(0, 120).CopyTo(stored);
            bytes.CopyTo(stored, 120);
            stored[2] = flags;
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(4), stored.Length);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(100), count);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(104), user);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(108), 0);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(112), user);
            BinaryPrimitives.WriteInt32LittleEndian(stored.AsSpan(116), extras);
            for (var field = 0; field < 3 * count && 120 + user + extras + (4 * field) + 4 <= stored.Length; field++)
            {
                // Offsets that mostly lie within the record.
                stored.AsSpan(120 + user + extras + (4 * field) + 2, 2).Clear();
            }

            StoredRecords.Seal(stored);
            AssertHarmless(stored);
        });

    private static SessionLookupStatus StatusOf(byte[] stored) => RecordCodec.Decode(StoredRecords.Id, stored).Status;

    /// <summary>What a damaged record still has: all but the damaged value, or nothing when it is rejected as a whole.</summary>
    private static PackedValues ValuesOf(byte[] damaged)
    {
        var lookup = RecordCodec.Decode(StoredRecords.Id, damaged);
        Assert.Equal(lookup.Record is null ? SessionLookupStatus.Unreadable : SessionLookupStatus.Found, lookup.Status);
        return (PackedValues?)lookup.Record?.Values ?? PackedValues.Empty;
    }

    private static void ForEachFlip(byte[] stored, int start, int end, Action<byte[], int> check)
    {
        for (var position = start; position < end; position++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = (byte[])stored.Clone();
                flipped[position] ^= (byte)(1 << bit);
                check(flipped, position);
            }
        }
    }

    /// <summary>Decodes, reads and rewrites; by what it allocates, it believed none of the lies.</summary>
    private static void AssertHarmless(byte[] stored)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var lookup = RecordCodec.Decode(StoredRecords.Id, stored);
        if (lookup.Record is { } record)
        {
            StoredRecords.ReadAll(record);
            Assert.InRange(record.ValueBytes, 0, stored.Length);
            Assert.InRange(RecordCodec.Encode(record, (PackedValues)record.Values, new PackedChanges(null)).Length, 0, stored.Length + 200);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (20 * stored.Length) + 50_000);
        Assert.NotEqual(SessionLookupStatus.NotFound, lookup.Status);
    }
}
