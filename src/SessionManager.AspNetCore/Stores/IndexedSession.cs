using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>A session in the list of a user's sessions.</summary>
/// <param name="Id">The session.</param>
/// <param name="KeepUntil">Until when the session stays in the list, in Unix milliseconds.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct IndexedSession(Guid Id, long KeepUntil);
