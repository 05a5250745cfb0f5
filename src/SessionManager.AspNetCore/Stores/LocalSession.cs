using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a session that it has made or loaded.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct LocalSession : ITableEntry<Guid>, IOrderedEntry
{
    /// <summary>The session.</summary>
    public Guid Id { get; set; }

    /// <summary>When the session started, in Unix milliseconds.</summary>
    public long Started { get; set; }

    /// <summary>How long after its start the session was last known to be used, in units of
    /// <see cref="LocalSessionTable.Unit"/>.</summary>
    public uint SeenAfter { get; set; }

    /// <summary>Whether the session is stored under a user.</summary>
    public bool IsSignedIn { get; set; }

    /// <summary>How long the session lives unused, unless the options decide.</summary>
    public RoundedDuration Idle { get; set; }

    /// <summary>How long the session lives at most, unless the options decide.</summary>
    public RoundedDuration Absolute { get; set; }

    public int Next { get; set; }

    public readonly Guid Key => Id;

    public readonly (long Time, Guid Id) Order => (Started, Id);
}
