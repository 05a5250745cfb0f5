using System.Globalization;
using CsCheck;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>How many inputs a fuzz test tries: a second's worth, or as many as <c>FUZZ_INPUTS</c> says (a million every night).</summary>
internal static class Fuzz
{
    private const int Few = 20_000;

    private static readonly int Inputs =
        int.TryParse(Environment.GetEnvironmentVariable("FUZZ_INPUTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var inputs) ? inputs : Few;

    /// <summary>Bytes damaged as a broken medium or an attacker would: cut, flipped, repeated, zeroed, with a number replaced.</summary>
    public static Gen<byte[]> Damaged(byte[] whole) =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, whole.Length - 1], Gen.Int[1, 64], Gen.UInt).Array[1, 4].Select(damages =>
        {
            var bytes = whole.ToArray();
            foreach (var (kind, at, length, number) in damages)
            {
                bytes = Damage(bytes, kind, Math.Min(at, Math.Max(0, bytes.Length - 1)), length, number);
            }

            return bytes;
        });

    /// <summary>Runs a test on every input, and on all processors.</summary>
    public static void Try<T>(Gen<T> inputs, Action<T> test) => inputs.Sample(test, iter: Inputs);

    /// <summary>Runs something and returns what it allocated.</summary>
    public static long Allocated(Action run)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Damage(byte[] bytes, int kind, int at, int length, uint number)
    {
        if (bytes.Length == 0)
        {
            return bytes;
        }

        var end = Math.Min(bytes.Length, at + length);
        switch (kind)
        {
            case 0:
                return bytes[..at];
            case 1:
                bytes[at] ^= (byte)(1 << (int)(number % 8));
                return bytes;
            case 2:
                return [.. bytes[..end], .. bytes[at..]];
            case 3:
                bytes.AsSpan(at..end).Clear();
                return bytes;
            case 4:
                bytes[at] = (byte)number;
                return bytes;
            default:
                BitConverter.GetBytes(number).AsSpan(0, Math.Min(4, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                return bytes;
        }
    }
}
