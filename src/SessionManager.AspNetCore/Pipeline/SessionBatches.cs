namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Splits work on many sessions into batches, so that a user with thousands of sessions does not overload the
/// store.</summary>
internal static class SessionBatches
{
    /// <summary>The number of sessions in a batch, which are read or ended at the same time.</summary>
    public const int Parallel = 32;

    /// <summary>Returns the items in batches.</summary>
    public static IEnumerable<TItem[]> Of<TItem>(IEnumerable<TItem> items) => items.Chunk(Parallel);
}
