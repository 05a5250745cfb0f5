namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A value in a request's body, so that any key can be sent.</summary>
internal sealed record Entry(string Key, string Value);
