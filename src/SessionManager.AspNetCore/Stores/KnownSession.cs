using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What this process remembers of a session that it has made or loaded.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct KnownSession : ITableEntry<Guid>, IOrderedEntry
{
    /// <summary>The session.</summary>
    public Guid Id { get; set; }

    /// <summary>Who was signed in to it.</summary>
    public KnownUser? User { get; set; }

    /// <summary>When it began or signed in last, in Unix milliseconds.</summary>
    public long Started { get; set; }

    /// <summary>How long after that this process last knew it to be used, in units of <see cref="KnownSessions.Unit"/>.</summary>
    public uint SeenAfter { get; set; }

    public int Next { get; set; }

    public readonly Guid Key => Id;

    public readonly (long Time, Guid Id) Order => (Started, Id);

    public static int HashOf(Guid key) => key.GetHashCode();
}
