using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>Reads the fields of a header in order. After the end or after an invalid field, every field is empty, and
/// <see cref="IsAtEnd"/> stays <see langword="false"/>.</summary>
internal ref struct HeaderReader(ReadOnlyMemory<byte> header, int offset)
{
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(3650);
    private static readonly long First = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private readonly ReadOnlySpan<byte> _bytes = header.Span;
    private int _offset = offset;
    private bool _isBroken;

    /// <summary>Whether all fields were valid, and no bytes are left.</summary>
    public readonly bool IsAtEnd => !_isBroken && _offset == _bytes.Length;

    public ReadOnlyMemory<byte> ReadBytes(int length)
    {
        var start = _offset;
        return TryAdvance(length) ? header.Slice(start, length) : default;
    }

    public byte ReadByte() => TryAdvance(1) ? _bytes[_offset - 1] : (byte)0;

    public DateTimeOffset ReadTime()
    {
        var milliseconds = TryAdvance(sizeof(long))
            ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[(_offset - sizeof(long))..])
            : 0;
        if (milliseconds < First || milliseconds > Last)
        {
            Break();
            return default;
        }

        return DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    public TimeSpan ReadDuration()
    {
        var duration = ReadTime() - DateTimeOffset.UnixEpoch;
        if (duration <= TimeSpan.Zero || duration > LongestDuration)
        {
            Break();
        }

        return duration;
    }

    public Guid ReadGuid() => TryAdvance(16) ? new Guid(_bytes.Slice(_offset - 16, 16), bigEndian: true) : default;

    public string ReadText()
    {
        var length = ReadLength();
        return TryAdvance(length) ? Encoding.UTF8.GetString(_bytes.Slice(_offset - length, length)) : "";
    }

    public SessionClient? ReadClient()
    {
        var rest = header[_offset..];
        if (!ClientCodec.TryRead(ref rest, out var client))
        {
            Break();
            return client;
        }

        _offset = _bytes.Length - rest.Length;
        return client;
    }

    public int ReadLength()
    {
        uint length = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = ReadByte();
            length |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return length <= int.MaxValue ? (int)length : Break();
            }
        }

        return Break();
    }

    private bool TryAdvance(int length)
    {
        if ((uint)length > (uint)(_bytes.Length - _offset))
        {
            Break();
            return false;
        }

        _offset += length;
        return true;
    }

    private int Break()
    {
        (_isBroken, _offset) = (true, _bytes.Length);
        return 0;
    }
}
