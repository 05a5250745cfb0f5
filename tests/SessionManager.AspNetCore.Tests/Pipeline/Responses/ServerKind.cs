namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

public enum ServerKind
{
    InMemory,
    Http1,
    Http2,
}
