namespace SessionManager.AspNetCore.Tests.Responses;

public enum ServerKind
{
    InMemory,
    Http1,
    Http2,
}
