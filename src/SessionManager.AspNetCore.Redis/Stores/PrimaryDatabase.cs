using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>The database on the primaries. The store sends every command through this class, so that none goes to a
/// replica: a replica may still have what has been revoked. Without a primary a command fails at once.</summary>
internal sealed class PrimaryDatabase(IDatabase database)
{
    private const CommandFlags Primary = CommandFlags.DemandMaster;

    public Task<RedisResult> EvaluateAsync(string script, RedisKey key, params RedisValue[] arguments) =>
        database.ScriptEvaluateAsync(script, [key], arguments, Primary);

    public Task<HashEntry[]> HashGetAllAsync(RedisKey key) => database.HashGetAllAsync(key, Primary);

    public Task<RedisValue[]> HashGetAsync(RedisKey key, RedisValue[] fields) =>
        database.HashGetAsync(key, fields, Primary);

    /// <summary>All members, those with the lowest score first.</summary>
    public Task<RedisValue[]> SortedSetMembersAsync(RedisKey key) =>
        database.SortedSetRangeByRankAsync(key, flags: Primary);

    /// <summary>The highest members below one, in the order of their bytes.</summary>
    public Task<RedisValue[]> SortedSetMembersBelowAsync(RedisKey key, RedisValue below, int count) =>
        database.SortedSetRangeByValueAsync(
            key, RedisValue.Null, below, Exclude.Stop, Order.Descending, skip: 0, count, Primary);

    public Task<long> SortedSetRemoveAsync(RedisKey key, RedisValue[] members) =>
        database.SortedSetRemoveAsync(key, members, Primary);
}
