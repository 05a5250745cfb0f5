namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Splits work on many sessions, so that a user with thousands of them does not ask the store for all at once.</summary>
internal static class SessionBatches
{
    /// <summary>How many sessions are read or ended at the same time.</summary>
    private const int Parallel = 32;

    /// <summary>The items, in batches to be worked on one after the other.</summary>
    public static IEnumerable<TItem[]> Of<TItem>(IEnumerable<TItem> items) => items.Chunk(Parallel);
}
