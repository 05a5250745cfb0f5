using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>A record without its values; the default: there is none.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StoredHeader(StoredSession? Session, RecordColumns Columns)
{
    /// <summary>Whether there is a record that can be read.</summary>
    public bool IsWhole => Session is { Status: StoredSessionStatus.Whole };

    /// <summary>Whether the session has ended for good.</summary>
    public bool IsTombstone => IsWhole && Columns.IsTombstone;
}
