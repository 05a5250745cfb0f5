
namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Where a <see cref="FaultStore"/> holds a call.</summary>
internal sealed record StoreGate(StoreOperation Operation, StoreGatePoint Point, Gate Gate);
