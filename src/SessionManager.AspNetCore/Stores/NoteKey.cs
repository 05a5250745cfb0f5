using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>A user and one of the user's sessions.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NoteKey(KnownUser User, Guid Id);
