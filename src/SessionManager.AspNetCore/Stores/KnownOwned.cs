using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Whose session it is that its owner is not signed in to. The usual one belongs to nobody or to who is signed in, and has none.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct KnownOwned : ITableEntry<Guid>, IOrderedEntry
{
    /// <summary>The session.</summary>
    public Guid Id { get; set; }

    /// <summary>Whose it is.</summary>
    public KnownUser Owner { get; set; }

    public int Next { get; set; }

    public readonly Guid Key => Id;

    // By the id alone.
    public readonly (long Time, Guid Id) Order => (0, Id);

    public static int HashOf(Guid key) => key.GetHashCode();
}
