using CsCheck;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>The epoch of a user, by which a session is recognised as revoked without being looked up.</summary>
public sealed class UserEpochTests
{
    // An entry as version 1 writes it. Never change it: caches are full of such entries.
    private const string Version1 =
        "01" + "00112233445566778899aabbccddeeff" + "101112131415161718191a1b1c1d1e1f"
        + "202122232425262728292a2b2c2d2e2f";

    private static readonly UserEpoch Fixed = new(
        new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        new Guid("10111213-1415-1617-1819-1a1b1c1d1e1f"),
        new Guid("20212223-2425-2627-2829-2a2b2c2d2e2f"));

    [Fact]
    public void An_epoch_reads_back_as_it_was_written() =>
        Gen.Select(Gen.Guid, Gen.Guid, Gen.Guid).Sample((epoch, id, spared) =>
    {
        var written = new UserEpoch(epoch, id, spared);

        Assert.Equal(written, UserEpoch.Read(written.Write()));
    });

    [Fact]
    public void An_epoch_of_version_1_reads_back_for_ever_and_is_written_so()
    {
        Assert.Equal(Fixed, UserEpoch.Read(Convert.FromHexString(Version1)));
        Assert.Equal(Version1, Convert.ToHexStringLower(Fixed.Write()));
    }

    [Fact]
    public void A_user_who_was_never_revoked_has_none() => Assert.Null(UserEpoch.Read(null));

    [Fact]
    public void A_session_of_another_epoch_is_revoked_but_for_the_spared_one()
    {
        var epoch = Fixed.Epoch;

        Assert.True(Fixed.Accepts(Guid.NewGuid(), epoch));
        Assert.True(Fixed.Accepts(Fixed.SparedId, epoch));
        Assert.True(Fixed.Accepts(Fixed.SparedId, Fixed.SparedEpoch));
        Assert.False(Fixed.Accepts(Guid.NewGuid(), Fixed.SparedEpoch));
        Assert.False(Fixed.Accepts(Fixed.SparedId, Guid.NewGuid()));
        Assert.False(Fixed.Accepts(Guid.NewGuid(), Guid.Empty));
        Assert.True(new UserEpoch(Guid.Empty).Accepts(Guid.NewGuid(), Guid.Empty));
    }

    [Fact]
    public void A_revocation_changes_the_second_half_and_an_erasure_both()
    {
        var revoked = UserEpoch.AfterRevocation(Fixed);
        var erased = UserEpoch.AfterErasure();

        Assert.Equal(FirstHalf(Fixed), FirstHalf(revoked));
        Assert.NotEqual(Fixed.Epoch, revoked.Epoch);
        Assert.NotEqual(revoked.Epoch, UserEpoch.AfterRevocation(Fixed).Epoch);
        Assert.NotEqual(FirstHalf(Fixed), FirstHalf(erased));
        Assert.Equal((Guid.Empty, Guid.Empty), (revoked.SparedId, erased.SparedId));
        Assert.Equal(FirstHalf(new UserEpoch(Guid.Empty)), FirstHalf(UserEpoch.AfterRevocation(null)));
    }

    [Fact]
    public void A_session_that_the_user_has_signed_out_of_is_left_alone_by_a_revocation_and_not_by_an_erasure()
    {
        var signedIn = SampleRecords.Of("ann") with { Epoch = Fixed.Epoch };
        var signedOut = signedIn with { UserId = null };
        var (revoked, erased) = (UserEpoch.AfterRevocation(Fixed), UserEpoch.AfterErasure());

        Assert.Equal((true, true), (Fixed.Accepts(signedIn), Fixed.Accepts(signedOut)));
        Assert.Equal((false, true), (revoked.Accepts(signedIn), revoked.Accepts(signedOut)));
        Assert.Equal((false, false), (erased.Accepts(signedIn), erased.Accepts(signedOut)));
        Assert.False(UserEpoch.AfterRevocation(erased).Accepts(signedOut));
    }

    [Fact]
    public void An_entry_that_cannot_be_read_accepts_nobody_and_is_the_same_epoch_each_time_it_is_read()
    {
        byte[] whole = Fixed.Write();
        foreach (var damaged in (byte[][])[[], [1], whole[..^1], [.. whole, 0], [0, .. whole[1..]], [2, .. whole[1..]]])
        {
            var read = UserEpoch.Read(damaged);

            Assert.NotNull(read);
            Assert.False(read.Value.Accepts(Guid.NewGuid(), Fixed.Epoch));
            Assert.False(read.Value.Accepts(Fixed.SparedId, Fixed.SparedEpoch));
            Assert.Equal(read, UserEpoch.Read(damaged));
            Assert.True(read.Value.Accepts(Guid.NewGuid(), read.Value.Epoch));
        }
    }

    [Fact]
    public void No_damaged_entry_throws_or_accepts_a_session_of_another_epoch()
    {
        var record = SampleRecords.Of("ann") with { Epoch = Fixed.Epoch };
        Fuzz.Try(Fuzz.Damaged(Fixed.Write()), bytes => Assert.True(
            !UserEpoch.Read(bytes)!.Value.Accepts(record)
                || bytes.AsSpan(1, 16).SequenceEqual(Fixed.Write().AsSpan(1, 16))));
    }

    private static string FirstHalf(UserEpoch epoch) =>
        Convert.ToHexString(epoch.Epoch.ToByteArray(bigEndian: true).AsSpan(0, 8));
}
