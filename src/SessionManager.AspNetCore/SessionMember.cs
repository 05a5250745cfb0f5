using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore;

/// <summary>A session that is noted under a user.</summary>
/// <param name="Id">The session.</param>
/// <param name="AdmittedAt">When it signed in, or asked to.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SessionMember(Guid Id, DateTimeOffset AdmittedAt);
