using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>What a write or a touch has to know of the stored record.</summary>
/// <param name="Number">The number of the row; 0 when there is none.</param>
/// <param name="Version">The version; 0 when there is no record, or when the record can't be read.</param>
/// <param name="LastSeenAt">The time of the last use, in Unix milliseconds.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StoredRecord(long Number, long Version, long LastSeenAt);
