
namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A fault to come of a <see cref="FaultStore"/>.</summary>
internal sealed class PlannedStoreFault(StoreOperation operation, StoreFaultKind kind)
{
    public StoreOperation Operation { get; } = operation;

    public StoreFaultKind Kind { get; } = kind;

    public int Times { get; set; }

    public int After { get; set; }
}
