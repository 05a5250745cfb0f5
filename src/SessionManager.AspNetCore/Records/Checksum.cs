using System.Buffers.Binary;
using System.Numerics;

namespace SessionManager.AspNetCore.Records;

/// <summary>CRC-32C (RFC 3720, appendix B.4), an instruction of the processor. It finds damage; it is no defence against forgery.</summary>
internal static class Checksum
{
    public static uint Of(ReadOnlySpan<byte> data) => Of(uint.MaxValue, data);

    public static uint Of(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
