using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>The note that a session is a user's.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct KnownNote : ITableEntry<NoteKey>, IOrderedEntry
{
    /// <summary>Whose session it is, and which.</summary>
    public NoteKey Key { get; set; }

    /// <summary>When the user signed in to it, in ticks of UTC.</summary>
    public long Admitted { get; set; }

    public int Next { get; set; }

    public readonly (long Time, Guid Id) Order => (Admitted, Key.Id);

    public static int HashOf(NoteKey key) => key.Id.GetHashCode() ^ RuntimeHelpers.GetHashCode(key.User);
}
