using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What decides until when a session lives.</summary>
/// <param name="Started">When it began or signed in last, in Unix milliseconds.</param>
/// <param name="Seen">When it was last known to be used, in Unix milliseconds.</param>
/// <param name="SignedIn">Whether somebody is signed in to it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LiveSpan(long Started, long Seen, bool SignedIn);
