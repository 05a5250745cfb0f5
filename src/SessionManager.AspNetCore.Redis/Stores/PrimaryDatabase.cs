using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The database on the primaries. The store sends every command through this class, so that none goes to a replica: a
/// replica may still have what has been revoked. Without a primary a command fails at once, and so it does while
/// several servers take themselves for the primary: an old primary that comes back has what was revoked meanwhile.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="primaries">The primaries of the connection.</param>
internal sealed class PrimaryDatabase(IDatabase database, PrimarySearch primaries)
{
    private const CommandFlags Primary = CommandFlags.DemandMaster;

    private IDatabase Database
    {
        get
        {
            primaries.ThrowIfContested();
            return database;
        }
    }

    public Task<RedisResult> EvaluateAsync(string script, RedisKey key, params RedisValue[] arguments) =>
        CheckAsync(Database.ScriptEvaluateAsync(script, [key], arguments, Primary));

    public Task<HashEntry[]> HashGetAllAsync(RedisKey key) => CheckAsync(Database.HashGetAllAsync(key, Primary));

    public Task<RedisValue[]> HashGetAsync(RedisKey key, RedisValue[] fields) =>
        CheckAsync(Database.HashGetAsync(key, fields, Primary));

    /// <summary>All members, those with the lowest score first.</summary>
    public Task<RedisValue[]> SortedSetMembersAsync(RedisKey key) =>
        CheckAsync(Database.SortedSetRangeByRankAsync(key, flags: Primary));

    /// <summary>The highest members below one, in the order of their bytes.</summary>
    public Task<RedisValue[]> SortedSetMembersBelowAsync(RedisKey key, RedisValue below, int count) =>
        CheckAsync(Database.SortedSetRangeByValueAsync(
            key, RedisValue.Null, below, Exclude.Stop, Order.Descending, skip: 0, count, Primary));

    public Task<long> SortedSetRemoveAsync(RedisKey key, RedisValue[] members) =>
        CheckAsync(Database.SortedSetRemoveAsync(key, members, Primary));

    // The other primary may have come back, and answered, since the command was sent.
    private async Task<T> CheckAsync<T>(Task<T> call)
    {
        var answer = await call;
        primaries.ThrowIfContested();
        return answer;
    }
}
