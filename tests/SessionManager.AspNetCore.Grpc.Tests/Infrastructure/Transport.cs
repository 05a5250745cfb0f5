namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>What carries the calls of a test.</summary>
public enum Transport
{
    TestServer,

    /// <summary>A real socket, HTTP/2 without TLS.</summary>
    Kestrel,

    /// <summary>gRPC-Web, whose middleware stands in front of <c>UseSessionManager</c>.</summary>
    WebInFront,

    /// <summary>gRPC-Web, whose middleware stands behind <c>UseSessionManager</c>.</summary>
    WebBehind,

    /// <summary>gRPC-Web as text, whose middleware stands behind <c>UseSessionManager</c>, over HTTP/1.1 on a real socket.</summary>
    WebTextBehindOnKestrel,
}
