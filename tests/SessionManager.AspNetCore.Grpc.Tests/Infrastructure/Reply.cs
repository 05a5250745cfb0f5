using Grpc.Core;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>What the client got.</summary>
internal sealed record Reply(StatusCode Status, string Detail, string Body);
