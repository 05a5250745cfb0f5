namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>Who of a call streams.</summary>
public enum CallShape
{
    Unary,

    ClientStreaming,

    ServerStreaming,

    Duplex,
}
