using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>A user in the table of users.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct UserEntry : ITableEntry<string>
{
    public KnownUser User { get; set; }

    public int Next { get; set; }

    public readonly string Key => User.Id;

    public static int HashOf(string key) => key.GetHashCode(StringComparison.Ordinal);
}
