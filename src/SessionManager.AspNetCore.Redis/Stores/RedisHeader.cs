using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The fields of a hash that are no values, as they came. They are listed in <see cref="Scripts.SessionScripts"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct RedisHeader
{
    public RedisValue Version { get; private set; }

    public RedisValue EndReason { get; private set; }

    public RedisValue Secret { get; private set; }

    public RedisValue NextSecret { get; private set; }

    public RedisValue PreviousSecret { get; private set; }

    public RedisValue PreviousUntil { get; private set; }

    public RedisValue IssuedAt { get; private set; }

    public RedisValue Generation { get; private set; }

    public RedisValue UserId { get; private set; }

    public RedisValue OwnerId { get; private set; }

    public RedisValue CreatedAt { get; private set; }

    public RedisValue StartedAt { get; private set; }

    public RedisValue AuthenticatedAt { get; private set; }

    public RedisValue LastSeenAt { get; private set; }

    public RedisValue Principal { get; private set; }

    public RedisValue UserAgent { get; private set; }

    public RedisValue Address { get; private set; }

    /// <summary>Takes a field. One of another name is somebody else's, and passed over.</summary>
    public void Set(ReadOnlySpan<byte> name, RedisValue value)
    {
        switch (name)
        {
            case [(byte)'f']: Version = value; break;
            case [(byte)'e']: EndReason = value; break;
            case [(byte)'s']: Secret = value; break;
            case [(byte)'n']: NextSecret = value; break;
            case [(byte)'p']: PreviousSecret = value; break;
            case [(byte)'q']: PreviousUntil = value; break;
            case [(byte)'i']: IssuedAt = value; break;
            case [(byte)'g']: Generation = value; break;
            case [(byte)'u']: UserId = value; break;
            case [(byte)'o']: OwnerId = value; break;
            case [(byte)'c']: CreatedAt = value; break;
            case [(byte)'b']: StartedAt = value; break;
            case [(byte)'a']: AuthenticatedAt = value; break;
            case [(byte)'l']: LastSeenAt = value; break;
            case [(byte)'k']: Principal = value; break;
            case [(byte)'t']: UserAgent = value; break;
            case [(byte)'r']: Address = value; break;
        }
    }
}
