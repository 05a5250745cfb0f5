namespace SessionManager.AspNetCore;

/// <summary>The client that began a session, or signed in to it last, as <see cref="SessionManagerOptions.TrackClientInfo"/> notes it. Both are
/// what the client's side claims: to show, not to decide by.</summary>
/// <param name="UserAgent">The first 256 characters of the <c>User-Agent</c> header; <see langword="null"/> when there was none.</param>
/// <param name="RemoteIpAddress">The address of the connection; <see langword="null"/> when there was none.</param>
public sealed record SessionClient(string? UserAgent, string? RemoteIpAddress);
