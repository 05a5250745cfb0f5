namespace SessionManager.AspNetCore.Stores;

/// <summary>A duration in two bytes. It is rounded up, by less than 1 percent.</summary>
/// <param name="Bits">The upper half of the duration in milliseconds as a <see cref="float"/>; 0 for no
/// duration.</param>
internal readonly record struct RoundedDuration(ushort Bits)
{
    private const int LowerBits = 16;
    private const uint Lower = (1 << LowerBits) - 1;

    /// <summary>Returns the duration in milliseconds.</summary>
    /// <param name="otherwise">The duration to return when there is none.</param>
    public long MillisecondsOr(long otherwise) =>
        Bits == 0 ? otherwise : (long)BitConverter.UInt32BitsToSingle((uint)Bits << LowerBits);

    /// <summary>Rounds a duration.</summary>
    public static RoundedDuration Of(TimeSpan duration)
    {
        // The next number covers what the conversion may round off.
        var bits = BitConverter.SingleToUInt32Bits(MathF.BitIncrement((float)duration.TotalMilliseconds));
        return new RoundedDuration((ushort)((bits + Lower) >> LowerBits));
    }
}
