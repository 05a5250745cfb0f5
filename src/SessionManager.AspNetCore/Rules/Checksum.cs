using System.Buffers.Binary;
using System.Numerics;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// A checksum made of CRC-32C (RFC 3720, appendix B.4), which the processor computes. Four lanes of 8 bytes each are
/// folded into one checksum, because the instruction takes three cycles and the processor can start one in every cycle.
/// The checksum finds damage. It does not protect against forgery.
/// </summary>
internal static class Checksum
{
    private const int Lane = sizeof(ulong);

    public static uint Of(ReadOnlySpan<byte> data) => Of(uint.MaxValue, data);

    public static uint Of(uint crc, ReadOnlySpan<byte> data)
    {
        var (second, third, fourth) = (0u, 0u, 0u);
        while (data.Length >= 4 * Lane)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            second = BitOperations.Crc32C(second, BinaryPrimitives.ReadUInt64LittleEndian(data[Lane..]));
            third = BitOperations.Crc32C(third, BinaryPrimitives.ReadUInt64LittleEndian(data[(2 * Lane)..]));
            fourth = BitOperations.Crc32C(fourth, BinaryPrimitives.ReadUInt64LittleEndian(data[(3 * Lane)..]));
            data = data[(4 * Lane)..];
        }

        // Each lane is multiplied by another odd number. Otherwise, the same damage in two lanes, 4 bytes apart, would
        // cancel out.
        crc = BitOperations.Crc32C(crc, second * 0x9E3779B1u);
        crc = BitOperations.Crc32C(crc, third * 0x85EBCA77u);
        crc = BitOperations.Crc32C(crc, fourth * 0xC2B2AE3Du);
        while (data.Length >= Lane)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[Lane..];
        }

        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
