namespace SessionManager.AspNetCore.Rules;

/// <summary>The client that began a session, or that signed in last.
/// <see cref="SessionManagerOptions.TrackClientInfo"/> turns the tracking on. The client can forge its user agent, so
/// show these data and make no decision by them.</summary>
/// <param name="UserAgent">The first 256 characters of the <c>User-Agent</c> header; <see langword="null"/> when there
/// was none.</param>
/// <param name="RemoteIpAddress">The address of the connection; <see langword="null"/> when there was none.</param>
internal sealed record SessionClient(string? UserAgent, string? RemoteIpAddress);
