using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>What the checksum of records finds.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public void Any_two_bits_flipped_are_found_wherever_they_are()
    {
        // Longer than the four lanes and the rest.
        var data = Enumerable.Range(0, 75).Select(i => (byte)(i * 37)).ToArray();
        var whole = Checksum.Of(data);
        for (var first = 0; first < data.Length * 8; first++)
        {
            Flip(data, first);
            for (var second = first + 1; second < data.Length * 8; second++)
            {
                Flip(data, second);
                Assert.NotEqual(whole, Checksum.Of(data));
                Flip(data, second);
            }

            Flip(data, first);
        }
    }

    [Fact]
    public void Any_run_of_bytes_that_is_cleared_is_found()
    {
        var data = Enumerable.Repeat((byte)0, 160).ToArray();
        data.AsSpan(60, 40).Fill(1);
        var whole = Checksum.Of(data);
        for (var start = 60; start < 100; start++)
        {
            for (var end = start + 1; end <= 100; end++)
            {
                var damaged = data.ToArray();
                damaged.AsSpan(start..end).Clear();
                Assert.NotEqual(whole, Checksum.Of(damaged));
            }
        }
    }

    private static void Flip(byte[] data, int bit) => data[bit / 8] ^= (byte)(1 << (bit % 8));
}
