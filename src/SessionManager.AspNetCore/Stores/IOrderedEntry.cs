namespace SessionManager.AspNetCore.Stores;

/// <summary>An entry of <see cref="SortedPlaces{TKey, TEntry}"/>.</summary>
internal interface IOrderedEntry
{
    /// <summary>The time and the id by which entries are sorted. They do not change while the entry is
    /// sorted.</summary>
    (long Time, Guid Id) Order { get; }
}
