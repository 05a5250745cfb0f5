using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What decides until when a session lives.</summary>
/// <param name="Started">When the session started, in Unix milliseconds.</param>
/// <param name="Seen">When the session was last known to be used, in Unix milliseconds.</param>
/// <param name="IsSignedIn">Whether the session is stored under a user.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionSpan(long Started, long Seen, bool IsSignedIn);
