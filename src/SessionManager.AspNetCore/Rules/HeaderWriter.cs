using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>Writes the fields of a header in order, into an array of the measured length.</summary>
internal ref struct HeaderWriter(byte[] header)
{
    private Span<byte> _rest = header;

    /// <summary>The whole array.</summary>
    public byte[] Header { get; } = header;

    /// <summary>Measures a text with its length.</summary>
    public static int Measure(string text) =>
        Encoding.UTF8.GetByteCount(text) is var length ? MeasureLength(length) + length : 0;

    /// <summary>Measures a length.</summary>
    public static int MeasureLength(int length) => length switch
    {
        < 0x80 => 1,
        < 0x4000 => 2,
        < 0x20_0000 => 3,
        < 0x1000_0000 => 4,
        _ => 5,
    };

    public void Skip(int length) => _rest = _rest[length..];

    public void Write(byte value)
    {
        _rest[0] = value;
        Skip(1);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_rest);
        Skip(bytes.Length);
    }

    public void Write(DateTimeOffset time)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_rest, time.ToUnixTimeMilliseconds());
        Skip(sizeof(long));
    }

    public void Write(Guid id)
    {
        id.TryWriteBytes(_rest, bigEndian: true, out var written);
        Skip(written);
    }

    public void Write(string text)
    {
        WriteLength(Encoding.UTF8.GetByteCount(text));
        Skip(Encoding.UTF8.GetBytes(text, _rest));
    }

    public void Write(SessionClient client) => _rest = ClientCodec.Write(client, _rest);

    public void WriteLength(int length)
    {
        var rest = (uint)length;
        for (; rest >= 0x80; rest >>= 7)
        {
            Write((byte)(rest | 0x80));
        }

        Write((byte)rest);
    }
}
