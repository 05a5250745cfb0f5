using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a session that it has made or loaded.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct KnownSession
{
    /// <summary>The session.</summary>
    public Guid Id { get; set; }

    /// <summary>Who was signed in to it.</summary>
    public KnownUser? User { get; set; }

    /// <summary>When it began or signed in last, in Unix milliseconds.</summary>
    public long Started { get; set; }

    /// <summary>How long after that this process last knew it to be used, in units of <see cref="KnownSessions.Unit"/>.</summary>
    public uint SeenAfter { get; set; }

    /// <summary>The next one in the same bucket, or the next free place; -1: none.</summary>
    public int Next { get; set; }
}
