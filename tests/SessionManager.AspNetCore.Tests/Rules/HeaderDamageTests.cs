using System.Buffers.Binary;
using CsCheck;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>Headers that are not what was written: damaged, cut, copied, of another version, or lying about
/// themselves.</summary>
public sealed class HeaderDamageTests
{
    private const int FirstFields = 8;
    private const int GenerationOffset = 48;

    public static TheoryData<string> Kinds => ["full", "anonymous", "tombstone", "pointer"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_header_cut_at_any_byte_or_with_a_byte_too_many_is_unreadable(string kind)
    {
        var header = HeaderOf(kind);

        for (var length = 0; length < header.Length; length++)
        {
            IsUnreadable(header[..length]);
        }

        IsUnreadable([.. header, 0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_header_cut_at_any_byte_by_a_writer_that_knows_the_checksum_is_unreadable(string kind)
    {
        var header = HeaderOf(kind);

        for (var length = FirstFields; length < header.Length; length++)
        {
            IsUnreadable(Sealed(header[..length]));
        }

        IsUnreadable(Sealed([.. header, 0]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_header_with_any_bit_flipped_is_unreadable(string kind)
    {
        var header = HeaderOf(kind);

        for (var position = 0; position < 8 * header.Length; position++)
        {
            var flipped = header.ToArray();
            flipped[position / 8] ^= (byte)(1 << (position % 8));
            var expected = flipped[0] > HeaderCodec.Version ? SessionLookupStatus.Newer
                : SessionLookupStatus.Unreadable;

            Assert.Equal(expected, SampleRecords.Decode(flipped).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_header_of_another_id_is_none(string kind) =>
        Assert.Equal(
            SessionLookupStatus.Unreadable,
            SampleRecords.Decode(HeaderOf(kind), new Guid("00112233-4455-6677-8899-aabbccddeefe")).Status);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_higher_version_is_newer_whatever_follows_and_what_is_stored_is_handed_on(string kind)
    {
        for (var version = 2; version <= byte.MaxValue; version++)
        {
            byte[] header = [(byte)version, .. HeaderOf(kind)[1..]];
            var stored = SampleRecords.Stored(header);
            var found = HeaderCodec.Decode(stored);

            Assert.Equal((SessionLookupStatus.Newer, null), (found.Status, found.Record));
            Assert.Same(stored, found.Stored);
            Assert.Equal(SessionLookupStatus.Newer, SampleRecords.Decode([(byte)version]).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_version_of_zero_is_unreadable(string kind) => IsUnreadable(Sealed([0, .. HeaderOf(kind)[1..]]));

    [Theory]
    [InlineData(StoredSessionStatus.Damaged, SessionLookupStatus.Unreadable)]
    [InlineData(StoredSessionStatus.Newer, SessionLookupStatus.Newer)]
    public void What_the_store_could_not_read_is_not_believed_whatever_header_comes_with_it(
        StoredSessionStatus status, object expected)
    {
        var stored = new StoredSession { Id = SampleRecords.Id, Status = status, Header = HeaderOf("full") };

        Assert.Equal(expected, HeaderCodec.Decode(stored).Status);
        Assert.Same(stored, HeaderCodec.Decode(stored).Stored);
    }

    [Fact]
    public void A_kind_of_record_that_this_version_does_not_know_is_unreadable()
    {
        for (var type = 3; type <= byte.MaxValue; type++)
        {
            foreach (var kind in Kinds)
            {
                var header = HeaderOf(kind.Data);
                header[1] = (byte)type;
                IsUnreadable(Sealed(header));
            }
        }
    }

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    public void A_field_that_this_version_does_not_know_makes_a_session_newer(int flag)
    {
        foreach (var kind in (string[])["full", "anonymous"])
        {
            var header = HeaderOf(kind);
            header[3] |= (byte)(1 << (flag - 8));
            Assert.Equal(SessionLookupStatus.Newer, SampleRecords.Decode(Sealed(header)).Status);
        }
    }

    [Fact]
    public void A_tombstone_with_a_reason_that_no_session_ends_for_is_unreadable()
    {
        for (var reason = 0; reason <= ushort.MaxValue; reason++)
        {
            var header = HeaderOf("tombstone");
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)reason);
            var expected = reason is >= (int)SessionEndReason.Expired and <= (int)SessionEndReason.Revoked
                ? SessionLookupStatus.Ended
                : SessionLookupStatus.Unreadable;

            Assert.Equal(expected, SampleRecords.Decode(Sealed(header)).Status);
        }
    }

    [Fact]
    public void A_former_secret_of_a_kind_that_this_version_does_not_know_makes_a_session_unreadable()
    {
        var former = SampleRecords.Anonymous() with
        {
            Former = new FormerSecret(
            FormerSecretKind.Rotated, SampleRecords.Hash(0), null)
        };
        for (var kind = 0; kind <= byte.MaxValue; kind++)
        {
            var header = HeaderEncoder.Encode(former);
            header[GenerationOffset + 1] = (byte)kind;
            var expected = kind is >= (int)FormerSecretKind.Previous and <= (int)FormerSecretKind.Rotated
                ? SessionLookupStatus.Found
                : SessionLookupStatus.Unreadable;

            Assert.Equal(expected, SampleRecords.Decode(Sealed(header)).Status);
        }
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    [InlineData(-62_135_596_800_001)]
    [InlineData(253_402_300_800_000)]
    public void A_time_that_no_calendar_has_makes_a_session_unreadable(long time)
    {
        var header = HeaderOf("anonymous");
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(40), time);
        IsUnreadable(Sealed(header));
    }

    [Fact]
    public void A_length_that_points_behind_the_header_costs_no_memory()
    {
        var record = SampleRecords.Of("ann") with { Principal = new byte[9] };
        foreach (var lie in (
            byte[][])[[0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
                [0x80, 0x80, 0x80, 0x80, 0x80]])
        {
            foreach (var at in (int[])[GenerationOffset + 1, HeaderEncoder.Encode(record).Length - 10])
            {
                var header = HeaderEncoder.Encode(record);
                AssertHarmless(
                    Sealed([.. header[..at], .. lie, .. header[(at + 1)..]]), SessionLookupStatus.Unreadable);
            }
        }
    }

    [Fact]
    public void Random_bytes_never_throw_and_are_never_believed() =>
        Gen.Byte.Array[0, 300].Sample(
            bytes => Assert.NotEqual(SessionLookupStatus.Found, SampleRecords.Decode(bytes).Status));

    [Fact]
    public void Random_bytes_behind_a_valid_checksum_never_throw_and_cost_no_memory() =>
        Gen.Select(Gen.Byte.Array[8, 300], Gen.Byte[0, 3], Gen.UShort).Sample((bytes, type, flags) =>
        {
            (bytes[0], bytes[1]) = (HeaderCodec.Version, type);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), flags);
            AssertHarmless(Sealed(bytes));
        });

    [Fact]
    public void No_damaged_header_throws_or_allocates_by_its_say_so() =>
        Fuzz.Try(Gen.Select(Fuzz.Damaged(HeaderOf("full")), Gen.Bool), input =>
        {
            // Sealed, it is what a writer that knows the checksum would leave.
            var (bytes, isSealed) = input;
            AssertHarmless(isSealed && bytes.Length >= FirstFields ? Sealed(bytes) : bytes);
        });

    private static byte[] HeaderOf(string kind) => kind switch
    {
        "full" => HeaderEncoder.Encode(SampleRecords.Full()),
        "anonymous" => HeaderEncoder.Encode(SampleRecords.Anonymous()),
        "tombstone" => HeaderEncoder.EncodeTombstone(SampleRecords.Id, SessionEndReason.SignedOut),
        _ => HeaderEncoder.EncodePointer(SampleRecords.Id, Guid.NewGuid()),
    };

    /// <summary>Makes the checksum right, as a writer that knows it could.</summary>
    private static byte[] Sealed(byte[] header)
    {
        byte[] first = [.. SampleRecords.Id.ToByteArray(bigEndian: true), .. header[..4]];
        BinaryPrimitives.WriteUInt32LittleEndian(
            header.AsSpan(4), Checksum.Of(Checksum.Of(first), header.AsSpan(FirstFields)));
        return header;
    }

    private static void IsUnreadable(byte[] header)
    {
        var found = SampleRecords.Decode(header);
        Assert.Equal((SessionLookupStatus.Unreadable, null, null), (found.Status, found.Record, found.EndReason));
    }

    private static void AssertHarmless(byte[] header, SessionLookupStatus? expected = null)
    {
        var found = default(SessionLookup);
        var allocated = Fuzz.Allocated(() => found = SampleRecords.Decode(header));

        Assert.InRange(allocated, 0, 2_000 + (10 * header.Length));
        Assert.NotEqual(SessionLookupStatus.NotFound, found.Status);
        Assert.Equal(expected ?? found.Status, found.Status);
    }
}
