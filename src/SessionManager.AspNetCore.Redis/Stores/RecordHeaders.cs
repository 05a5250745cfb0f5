using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Loads records without their values.</summary>
internal sealed class RecordHeaders(string prefix, RedisCall calls)
{
    // A header that goes on after these is loaded with the values.
    private static readonly RedisValue[] Fields = ["v", "l", "0", "1", "2", "3"];

    /// <summary>Loads many at once, in one round trip.</summary>
    public Task<StoredHeader[]> LoadAsync(IEnumerable<Guid> ids) => Task.WhenAll(ids.Select(LoadAsync));

    private async Task<StoredHeader> LoadAsync(Guid id)
    {
        var key = RedisRecordStore.KeyOf(prefix, id);
        var values = await calls.SendAsync(
            static (database, name) => database.HashGetAsync(name, Fields, CommandFlags.DemandMaster), key) ?? [];
        HashEntry[] fields = values is [.., var last] && last.Length() == RecordColumns.FieldSize
            ? await calls.SendAsync(static (database, name) => database.HashGetAllAsync(name, CommandFlags.DemandMaster), key) ?? []
            : [.. Fields.Zip(values, static (name, value) => new HashEntry(name, value)).Where(static field => !field.Value.IsNull)];
        return fields.Length == 0 ? default : new StoredHeader(RecordReader.Read(id, fields, out var columns), columns);
    }
}
