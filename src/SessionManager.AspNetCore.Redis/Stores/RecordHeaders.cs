using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Loads records without their values.</summary>
internal static class RecordHeaders
{
    // A header that goes on after these is loaded with the values.
    private static readonly RedisValue[] Fields = ["v", "l", "0", "1", "2", "3"];

    /// <summary>Loads many at once, in one round trip.</summary>
    public static Task<StoredRecord[]> LoadAsync(PrimaryDatabase database, string prefix, IEnumerable<Guid> ids) =>
        Task.WhenAll(ids.Select(id => LoadAsync(database, prefix, id)));

    private static async Task<StoredRecord> LoadAsync(PrimaryDatabase database, string prefix, Guid id)
    {
        var key = RedisRecordStore.KeyOf(prefix, id);
        var values = await database.HashGetAsync(key, Fields).OrDefaultAsync();
        var fields = values is [.., var last] && last.Length() == RecordColumns.FieldSize
            ? await database.HashGetAllAsync(key).OrDefaultAsync()
            : values?.Zip(Fields, static (value, name) => new HashEntry(name, value))
                .Where(static field => !field.Value.IsNull)
                .ToArray();
        return RecordReader.Read(id, fields);
    }
}
