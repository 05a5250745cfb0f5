namespace SessionManager.AspNetCore.Storage;

/// <summary>A request whose waits for the store have a budget. It is the feature by which a call of the store finds the
/// budget.</summary>
internal interface IBudgetedRequest
{
    /// <summary>The budget; <see langword="null"/> when the request has not waited yet.</summary>
    StoreBudget? KnownBudget { get; }

    /// <summary>The budget, which the first wait creates.</summary>
    StoreBudget Budget { get; }
}
