using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>A record with its columns; the default: there is none.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StoredRecord(StoredSession? Session, RecordColumns Columns = default)
{
    /// <summary>Whether there is a record that can't be read, so that it counts as none.</summary>
    public bool IsUnreadable => Session is { Status: not StoredSessionStatus.Whole };

    /// <summary>Whether the session has ended for good.</summary>
    public bool IsTombstone => Session is { Status: StoredSessionStatus.Whole } && Columns.IsTombstone;

    /// <summary>Whether the session is found and listed.</summary>
    public bool IsFound => Session is { Status: StoredSessionStatus.Whole } && !Columns.IsTombstone;
}
