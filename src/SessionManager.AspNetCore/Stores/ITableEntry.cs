namespace SessionManager.AspNetCore.Stores;

/// <summary>What a <see cref="StableTable{TKey, TEntry}"/> needs of its entries.</summary>
/// <typeparam name="TKey">By what they are found.</typeparam>
internal interface ITableEntry<TKey>
{
    /// <summary>By what this one is found. It does not change while the entry is in the table.</summary>
    TKey Key { get; }

    /// <summary>The table's own.</summary>
    int Next { get; set; }

    /// <summary>A key's hash. It need not be spread over all of its bits.</summary>
    static abstract int HashOf(TKey key);
}
