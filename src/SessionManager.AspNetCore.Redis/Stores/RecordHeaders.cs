using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Loads records without their values.</summary>
internal static class RecordHeaders
{
    private const int MostFields = 16_384;

    // Of a header that goes on after these, more are asked for.
    private static readonly RedisValue[] FirstFields = FieldsOf(4);

    /// <summary>Loads many at once, in one round trip.</summary>
    public static Task<StoredRecord[]> LoadAsync(PrimaryDatabase database, string prefix, IEnumerable<Guid> ids) =>
        Task.WhenAll(ids.Select(id => LoadAsync(database, prefix, id)));

    private static async Task<StoredRecord> LoadAsync(PrimaryDatabase database, string prefix, Guid id)
    {
        var key = RedisRecordStore.KeyOf(prefix, id);
        for (var (names, count) = (FirstFields, 4); ; names = FieldsOf(count))
        {
            var values = await database.HashGetAsync(key, names).OrDefaultAsync();
            if (values is [.., var last] && last.Length() == RecordColumns.FieldSize && (count *= 8) <= MostFields)
            {
                continue;
            }

            return RecordReader.Read(id, values?.Zip(names, static (value, name) => new HashEntry(name, value))
                .Where(static field => !field.Value.IsNull)
                .ToArray());
        }
    }

    private static RedisValue[] FieldsOf(int count) =>
        ["v", "l", .. Enumerable.Range(0, count).Select(static i => (RedisValue)i)];
}
