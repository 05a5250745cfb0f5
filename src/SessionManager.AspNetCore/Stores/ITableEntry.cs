namespace SessionManager.AspNetCore.Stores;

/// <summary>An entry of <see cref="StableTable{TKey, TEntry}"/>.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
internal interface ITableEntry<TKey>
{
    /// <summary>The key. It does not change while the entry is in the table.</summary>
    TKey Key { get; }

    /// <summary>A link that only the table uses.</summary>
    int Next { get; set; }
}
