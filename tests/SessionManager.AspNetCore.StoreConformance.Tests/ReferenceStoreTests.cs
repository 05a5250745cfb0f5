using SessionManager.AspNetCore.StoreConformance.Tests.Reference;

namespace SessionManager.AspNetCore.StoreConformance.Tests;

/// <summary>A store that keeps the contract passes the suite.</summary>
public sealed class ReferenceStoreTests() : ReferenceConformance((medium, ioTimeout) =>
    new ReferenceStore(medium, ioTimeout));
