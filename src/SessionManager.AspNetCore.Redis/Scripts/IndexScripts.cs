namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>
/// The scripts on notes, each on one sorted set with times in Unix milliseconds:
/// <code>
///   user:HASH      ID: the sessions of a user, by the time of the sign-in; HASH is SHA-256 of the user id
///   user:HASH:owned  ID: the sessions that belong to the user, signed in or not, by the time of the sign-in
///   list:SPAN:N    ID:TIME: the sessions that began, or asked to sign in, in the Nth span of so many hours, by that time
/// </code>
/// All live as long as a session can that is noted now, so what expires by itself leaves nothing behind.
/// </summary>
internal static class IndexScripts
{
    /// <summary>Notes a session under a user: KEYS user; ARGV id, time, limit or -1, ttl, time before which no session can live. Returns nothing, or
    /// those that are noted when there are too many others.</summary>
    public static RedisScript Admit { get; } = new(
        """
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[5])
        local noted = redis.call('ZSCORE', KEYS[1], ARGV[1])
        local limit = tonumber(ARGV[3])
        if not noted and limit >= 0 and redis.call('ZCARD', KEYS[1]) >= limit then
          return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
        end
        if not noted or tonumber(noted) < tonumber(ARGV[2]) then redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1]) end
        local expires = redis.pcall('PEXPIRE', KEYS[1], ARGV[4])
        if type(expires) == 'table' and expires.err then
          -- Not allowed on this server: nothing may stay for ever.
          redis.call('DEL', KEYS[1])
          return expires
        end
        return false
        """);

    /// <summary>Takes a note back: KEYS user; ARGV id, time.</summary>
    public static RedisScript Dismiss { get; } = new(
        """
        local noted = redis.call('ZSCORE', KEYS[1], ARGV[1])
        if noted and tonumber(noted) <= tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end
        return 1
        """);

    /// <summary>Notes a session in the list: KEYS span; ARGV note, time, ttl.</summary>
    public static RedisScript List { get; } = new(
        """
        redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
        local expires = redis.pcall('PEXPIRE', KEYS[1], ARGV[3])
        if type(expires) == 'table' and expires.err then
          redis.call('DEL', KEYS[1])
          return expires
        end
        return 1
        """);
}
