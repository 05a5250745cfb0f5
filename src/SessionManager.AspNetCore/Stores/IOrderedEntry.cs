namespace SessionManager.AspNetCore.Stores;

/// <summary>What a <see cref="SortedPlaces{TKey, TEntry}"/> needs of its entries.</summary>
internal interface IOrderedEntry
{
    /// <summary>A time, and an id among the entries of one time. It does not change while the entry is in order.</summary>
    (long Time, Guid Id) Order { get; }
}
