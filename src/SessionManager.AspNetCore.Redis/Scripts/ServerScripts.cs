namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>The scripts that test a server and ask about it.</summary>
internal static class ServerScripts
{
    /// <summary>Runs every command that sessions and their index entries need, under a key that no session has: KEYS
    /// probe; ARGV what to write. Returns whether it was read as it was written, or the first refusal. Nothing stays,
    /// whichever command is refused.</summary>
    public const string Probe =
        """
        local key, text, fault = KEYS[1], ARGV[1], nil
        local function run(...)
          local answer = redis.pcall(...)
          if type(answer) == 'table' and answer.err then fault = fault or answer end
          return answer
        end
        run('HSET', key, 'v', text, 'l', '1')
        run('PEXPIRE', key, 60000)
        local fields = run('HMGET', key, 'v', 'l')
        run('HGETALL', key)
        run('EXISTS', key)
        run('TYPE', key)
        run('PTTL', key)
        run('HDEL', key, 'v', 'l')
        run('DEL', key)
        run('ZADD', key, 1, text)
        run('PEXPIRE', key, 60000)
        run('ZSCORE', key, text)
        local entries = run('ZRANGE', key, 0, -1)
        run('ZREVRANGEBYLEX', key, '+', '-')
        run('ZREMRANGEBYSCORE', key, '-inf', '(0')
        run('ZREM', key, text)
        run('DEL', key)
        if fault then return fault end
        return fields[1] == text and entries[1] == text and 1 or 0
        """;

    /// <summary>Asks a server about itself. Returns its INFO of memory, persistence and replication, and its TIME; an
    /// answer that is refused is an error.</summary>
    /// <remarks>A script may run INFO where StackExchange.Redis does not: without <c>allowAdmin</c>.</remarks>
    public const string Ask =
        """
        local function run(...)
          local answer = redis.pcall(...)
          return type(answer) == 'table' and answer.err or answer
        end
        return { run('INFO', 'memory'), run('INFO', 'persistence'), run('INFO', 'replication'), run('TIME') }
        """;
}
