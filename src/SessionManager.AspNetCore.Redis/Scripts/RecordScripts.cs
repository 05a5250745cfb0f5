namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>
/// The scripts on records. Each works on one key, a hash:
/// <code>
///   v       the version, as a decimal number; a later format takes another name, so that these scripts find no version
///   l       last seen, in Unix milliseconds
///   0       the columns and the first bytes of the header; see <see cref="Stores.RecordColumns"/>
///   1, 2 .. the rest of the header, 64 bytes each: a longer field turns a small hash into a table
///   :KEY    a value
/// </code>
/// A script runs whole or not at all, so there is never half a record. None of them has a rule of sessions.
/// </summary>
internal static class RecordScripts
{
    /// <summary>Writes a record while the stored version is the expected one: KEYS record; ARGV expected version (empty: no record), new version,
    /// last seen, time to live, whether the write must get through when memory is full, whether all fields are dropped, the
    /// number of the header's fields, the number of fields to remove, those fields, then field and value of each field to set. Returns 1, or all
    /// fields of the record that is stored instead.</summary>
    public static RedisScript Swap { get; } = new(
        """
        local key = KEYS[1]
        local r = redis.call('HMGET', key, 'v', 'l')
        local seen = tonumber(r[2] or '')
        local version = seen and r[1] or ''
        if version == ARGV[2] then return 1 end
        if version ~= ARGV[1] then return redis.call('HGETALL', key) end
        -- A server that is out of memory refuses HSET as a script's first write.
        if ARGV[5] == '1' then redis.call('PEXPIRE', key, ARGV[4]) end
        if ARGV[6] == '1' and redis.call('EXISTS', key) == 1 then redis.call('DEL', key) end
        local first = 9 + tonumber(ARGV[8])
        for i = 9, first - 1 do redis.call('HDEL', key, ARGV[i]) end
        -- Lua passes on no more than 8,000 arguments at once.
        for i = first, #ARGV, 4000 do redis.call('HSET', key, unpack(ARGV, i, math.min(i + 3999, #ARGV))) end
        if seen and seen > tonumber(ARGV[3]) then redis.call('HSET', key, 'l', r[2]) end
        -- What is left of a longer header.
        local surplus = tonumber(ARGV[7])
        while redis.call('HDEL', key, surplus) == 1 do surplus = surplus + 1 end
        local expires = redis.pcall('PEXPIRE', key, ARGV[4])
        if type(expires) == 'table' and expires.err then
          -- Not allowed on this server: nothing may stay for ever.
          if version == '' then redis.call('DEL', key) end
          return expires
        end
        return 1
        """);

    /// <summary>Moves 'last seen' forwards: KEYS record; ARGV last seen, new version, time to live, which is only raised. Returns
    /// whether it did.</summary>
    public static RedisScript Touch { get; } = new(
        """
        local r = redis.call('HMGET', KEYS[1], 'v', 'l')
        local seen = tonumber(r[2] or '')
        if not r[1] or not seen or seen >= tonumber(ARGV[1]) then return 0 end
        -- In this order, because a server that is out of memory refuses HSET as a script's first write.
        redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3])))
        redis.call('HSET', KEYS[1], 'l', ARGV[1], 'v', ARGV[2])
        return 1
        """);

    /// <summary>Removes a key that somebody else has overwritten: KEYS key; ARGV the type that is ours.</summary>
    public static RedisScript Discard { get; } = new(
        "if redis.call('TYPE', KEYS[1]).ok ~= ARGV[1] then redis.call('DEL', KEYS[1]) end return 1");

    /// <summary>Writes an entry of an index, a sorted set: KEYS set; ARGV member, score, the score below which entries are removed,
    /// time to live, whether the entry must get through when memory is full. A score and a time to live are only raised.</summary>
    public static RedisScript Index { get; } = new(
        """
        local key = KEYS[1]
        -- The first write, because a server that is out of memory refuses ZADD as such.
        if ARGV[5] == '1' then redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. ARGV[3]) end
        local score = redis.call('ZSCORE', key, ARGV[1])
        if not score or tonumber(score) < tonumber(ARGV[2]) then redis.call('ZADD', key, ARGV[2], ARGV[1]) end
        redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. ARGV[3])
        if redis.call('PTTL', key) < tonumber(ARGV[4]) then
          local expires = redis.pcall('PEXPIRE', key, ARGV[4])
          if type(expires) == 'table' and expires.err then
            redis.call('DEL', key)
            return expires
          end
        end
        return 1
        """);

    /// <summary>Writes, reads and removes a probe, under a key that no session has: KEYS probe; ARGV what to write. Returns whether it was
    /// read as it was written.</summary>
    public static RedisScript Probe { get; } = new(
        """
        redis.call('HSET', KEYS[1], 'v', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 60000)
        local read = redis.call('HMGET', KEYS[1], 'v')[1]
        redis.call('DEL', KEYS[1])
        return read == ARGV[1] and 1 or 0
        """);
}
