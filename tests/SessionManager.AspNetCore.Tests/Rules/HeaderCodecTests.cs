using CsCheck;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>The header of a record: what is written reads back the same, and the headers of old read back for
/// ever.</summary>
public sealed class HeaderCodecTests
{
    // Headers as version 1 writes them, one field a line. Never change them: stores are full of such headers.
    private static readonly byte[] Full = Convert.FromHexString(string.Concat(
        "0100ff0f", "0e6176b2",
        "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283",
        "2e8fa97c9b010000",
        "ac02",
        "8e79aa7c9b010000",
        "07", "6772c3b6c39f65",
        "03", "626f62",
        "ee63ab7c9b010000",
        "0e23ae7c9b010000",
        "0a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829",
        "01", "c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7", "ae38ad7c9b010000",
        "6e0daf7c9b010000",
        "0f0e0d0c0b0a09080706050403020100", "03", "657665",
        "ffeeddccbbaa99887766554433221100",
        "0a00", "50686f6e652f312e30", "0000",
        "06", "636c61696d73"));

    private static readonly byte[] Anonymous = Convert.FromHexString(string.Concat(
        "01000000", "5b05d354", "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283",
            "2e8fa97c9b010000", "00"));

    private static readonly byte[] WithTerms = Convert.FromHexString(string.Concat(
        "01000010", "1dbf9647", "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283",
            "2e8fa97c9b010000", "00",
        "ff", "00b84c0a00000000", "0030ff6600000000", "cef7af7c9b010000",
        "12", "68747470733a2f2f69642e6578616d706c65", "05", "7369642d31", "07", "6772c3b6c39f65"));

    private static readonly byte[] Tombstone = Convert.FromHexString("01010300" + "41598c4f");

    private static readonly byte[] Pointer = Convert.FromHexString(
        "01020000" + "86c46f65" + "ffeeddccbbaa99887766554433221100");

    [Fact]
    public void Every_header_reads_back_as_it_was_written() => SampleRecords.Any.Sample(record =>
    {
        var stored = SampleRecords.Stored(HeaderEncoder.Encode(record), record: record);

        var found = HeaderCodec.Decode(stored);

        Assert.Equal((SessionLookupStatus.Found, null, null), (found.Status, found.EndReason, found.Stored));
        Assert.Equal(SampleRecords.Describe(record), SampleRecords.Describe(found.Record));
    });

    [Fact]
    public void What_was_read_is_written_byte_for_byte_as_it_was() => SampleRecords.Any.Sample(record =>
    {
        var header = HeaderEncoder.Encode(record);

        Assert.Equal(header, HeaderEncoder.Encode(HeaderCodec.Decode(SampleRecords.Stored(header)).Record!));
    });

    [Fact]
    public void A_full_header_of_version_1_reads_back_for_ever()
    {
        var found = HeaderCodec.Decode(SampleRecords.Stored(Full, record: SampleRecords.Full() with { Terms = null }));

        Assert.Equal(SampleRecords.Describe(SampleRecords.Full() with { Terms = null }), SampleRecords.Describe(found.Record));
    }

    [Fact]
    public void An_anonymous_header_of_version_1_reads_back_for_ever()
    {
        var found = HeaderCodec.Decode(SampleRecords.Stored(Anonymous, record: SampleRecords.Anonymous()));

        Assert.Equal(SampleRecords.Describe(SampleRecords.Anonymous()), SampleRecords.Describe(found.Record));
    }

    [Fact]
    public void Terms_of_version_1_read_back_for_ever()
    {
        var found = HeaderCodec.Decode(SampleRecords.Stored(WithTerms, record: SampleRecords.Anonymous()));

        Assert.Equal(SampleRecords.FullTerms(), found.Record!.Terms);
    }

    [Fact]
    public void A_tombstone_of_version_1_reads_back_for_ever() =>
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), StatusOf(SampleRecords.Decode(Tombstone)));

    [Fact]
    public void A_pointer_of_version_1_reads_back_for_ever()
    {
        Assert.Equal(SessionLookupStatus.Pointer, SampleRecords.Decode(Pointer).Status);
        Assert.Equal(
            new Guid("ffeeddcc-bbaa-9988-7766-554433221100"), HeaderCodec.TargetOf(SampleRecords.Stored(Pointer)));
    }

    [Fact]
    public void The_format_does_not_change_without_a_new_version()
    {
        Assert.Equal(Full, HeaderEncoder.Encode(SampleRecords.Full() with { Terms = null }));
        Assert.Equal(WithTerms, HeaderEncoder.Encode(SampleRecords.Anonymous() with { Terms = SampleRecords.FullTerms() }));
        Assert.Equal(Anonymous, HeaderEncoder.Encode(SampleRecords.Anonymous()));
        Assert.Equal(Tombstone, HeaderEncoder.EncodeTombstone(SampleRecords.Id, SessionEndReason.Revoked));
        Assert.Equal(
            Pointer, HeaderEncoder.EncodePointer(SampleRecords.Id, new Guid("ffeeddcc-bbaa-9988-7766-554433221100")));
    }

    [Theory]
    [InlineData(SessionEndReason.Expired)]
    [InlineData(SessionEndReason.SignedOut)]
    [InlineData(SessionEndReason.Revoked)]
    public void A_tombstone_remembers_the_reason_and_nothing_else(SessionEndReason reason)
    {
        var header = HeaderEncoder.EncodeTombstone(SampleRecords.Id, reason);
        var found = SampleRecords.Decode(header);

        Assert.Equal((SessionLookupStatus.Ended, reason), StatusOf(found));
        Assert.Null(found.Record);
        Assert.Equal(8, header.Length);
    }

    [Fact]
    public void Nothing_stored_is_not_found() =>
        Assert.Equal(new SessionLookup(SessionLookupStatus.NotFound), HeaderCodec.Decode(null));

    [Fact]
    public void What_stands_beside_the_header_is_the_stores()
    {
        var values = new Dictionary<string, ReadOnlyMemory<byte>>(
            StringComparer.Ordinal)
        { ["a"] = new byte[] { 1, 2, 3 }, ["bc"] = new byte[] { 1 } };
        var stored = new StoredSession
        {
            Id = SampleRecords.Id,
            Version = 815,
            Header = HeaderEncoder.Encode(SampleRecords.Anonymous()),
            LastSeenAt = SampleRecords.Start.AddYears(1),
            StartedAt = SampleRecords.Start.AddYears(2),
            Values = values,
            ValueBytes = 7,
        };

        var record = HeaderCodec.Decode(stored).Record!;

        Assert.Equal(
            (815, SampleRecords.Start.AddYears(1), SampleRecords.Start), (
                record.Version, record.LastSeenAt, record.StartedAt));
        Assert.Same(values, record.Values);
        Assert.Equal(5, record.ValueBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(2_097_151)]
    [InlineData(2_097_152)]
    [InlineData(268_435_455)]
    [InlineData(268_435_456)]
    [InlineData(int.MaxValue)]
    public void A_generation_takes_as_many_bytes_as_it_needs_and_reads_back(int generation)
    {
        var header = HeaderEncoder.Encode(SampleRecords.Anonymous() with { Generation = generation });

        Assert.Equal(generation, SampleRecords.Decode(header).Record!.Generation);
    }

    [Fact]
    public void The_header_of_a_signed_in_session_takes_about_120_bytes()
    {
        var signedIn = SampleRecords.Of("user42") with
        {
            StartedAt = SampleRecords.Start.AddMinutes(1),
            SecretIssuedAt = SampleRecords.Start.AddMinutes(1),
            Order = SampleRecords.Start.AddMinutes(1).ToUnixTimeMilliseconds(),
            Former = new FormerSecret(FormerSecretKind.Replaced, SampleRecords.Hash(0), null),
        };

        Assert.InRange(HeaderEncoder.Encode(signedIn).Length, 100, 125);
    }

    [Fact]
    public void Whether_somebody_is_signed_in_is_told_by_the_header_alone() => SampleRecords.Any.Sample(record =>
        Assert.Equal(record.UserId is not null, HeaderCodec.IsSignedIn(HeaderEncoder.Encode(record))));

    [Fact]
    public void Nobody_is_signed_in_to_a_tombstone_or_a_pointer_or_nothing()
    {
        Assert.False(HeaderCodec.IsSignedIn(Tombstone));
        Assert.False(HeaderCodec.IsSignedIn(Pointer));
        Assert.False(HeaderCodec.IsSignedIn([]));
    }

    private static (SessionLookupStatus Status, SessionEndReason? Reason) StatusOf(SessionLookup found) =>
        (found.Status, found.EndReason);
}
