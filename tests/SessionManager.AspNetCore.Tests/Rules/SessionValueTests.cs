using CsCheck;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>A value as it is stored: a byte of kind, and the bytes of that kind.</summary>
public sealed class SessionValueTests
{
    [Theory]
    [InlineData(SessionValueKind.Raw, 0)]
    [InlineData(SessionValueKind.Text, 1)]
    [InlineData(SessionValueKind.Int32, 2)]
    [InlineData(SessionValueKind.Bytes, 3)]
    [InlineData(SessionValueKind.Json, 4)]
    public void The_number_of_a_kind_never_changes(object kind, byte number) =>
        Assert.Equal([number, 7], SessionValue.Of((SessionValueKind)kind, [7]).Stored.ToArray());

    [Fact]
    public void A_value_is_read_as_it_was_made() =>
        Gen.Select(Gen.Enum<SessionValueKind>(), Gen.Byte.Array[0, 40]).Sample((kind, data) =>
    {
        var value = new SessionValue(SessionValue.Of(kind, data).Stored);

        Assert.Equal(kind, value.Kind);
        Assert.Equal(data, value.Data.ToArray());
        Assert.True(SessionValue.IsReadable(value.Stored));
        Assert.Equal(5 + data.Length, SessionValue.SizeOf("größ", value.Stored) - 1);
    });

    [Fact]
    public void A_value_is_made_of_a_copy()
    {
        byte[] data = [1];
        var value = SessionValue.Of(SessionValueKind.Bytes, data);
        data[0] = 2;

        Assert.Equal([1], value.Data.ToArray());
    }

    [Fact]
    public void Only_a_kind_that_is_known_can_be_read()
    {
        for (var kind = 0; kind <= byte.MaxValue; kind++)
        {
            Assert.Equal(Enum.IsDefined((SessionValueKind)kind), SessionValue.IsReadable(new byte[] { (byte)kind, 1 }));
        }

        Assert.False(SessionValue.IsReadable(default));
    }

    [Fact]
    public void A_stored_value_that_cannot_be_read_counts_as_absent()
    {
        var record = SampleRecords.Anonymous()
            .StoredWith(values: new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
            {
                ["empty"] = default,
                ["newer"] = new byte[] { 5, 1 },
                ["whole"] = new byte[] { 1, 65 },
            });

        Assert.Equal(["whole"], record.Keys);
        Assert.Equal(
            (false, false, true), (
                record.TryGetValue("empty", out _), record.TryGetValue("newer", out _), record.TryGetValue(
                    "whole", out _)));
    }

    [Fact]
    public void Two_values_are_equal_when_kind_and_bytes_are()
    {
        var text = SessionValue.Of(SessionValueKind.Text, "1"u8);

        Assert.True(text == SessionValue.Of(SessionValueKind.Text, "1"u8));
        Assert.True(text.Equals((object)SessionValue.Of(SessionValueKind.Text, "1"u8)));
        Assert.Equal(text.GetHashCode(), SessionValue.Of(SessionValueKind.Text, "1"u8).GetHashCode());
        foreach (var other in (SessionValue[])[
            SessionValue.Of(SessionValueKind.Json, "1"u8), SessionValue.Of(
                SessionValueKind.Text, "2"u8), SessionValue.Of(SessionValueKind.Text, "11"u8),
            SessionValue.Of(SessionValueKind.Text, []), default])
        {
            Assert.True(text != other);
            Assert.False(text.Equals((object)other));
        }

        Assert.False(text.Equals("1"));
    }

    [Fact]
    public void The_text_of_a_value_says_its_kind_and_length_and_nothing_of_the_value() =>
        Assert.Equal("Text (10 bytes)", SessionValue.Of(SessionValueKind.Text, "value-1234"u8).ToString());

    [Fact]
    public void The_text_of_a_change_of_secret_says_nothing_of_the_hashes() =>
        Assert.Equal(
            "SessionSecretChange", new SessionSecretChange(
                SampleRecords.Hash(0), SampleRecords.Hash(1), Required: true).ToString());
}
