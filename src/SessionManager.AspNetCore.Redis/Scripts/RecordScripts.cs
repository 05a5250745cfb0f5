namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>
/// The scripts. Each works on one key, and runs whole or not at all. A record is a hash:
/// <code>
///   v       the version, as a decimal number
///   l       last seen, in Unix milliseconds
///   w       this version and the version of the last write, if a touch has left this version and knew both
///   0, 1 .. the columns and the header, 64 bytes each: a longer field turns a small hash into a table
///   :KEY    a value
/// </code>
/// </summary>
internal static class RecordScripts
{
    /// <summary>Writes a record while the stored version is the expected one: KEYS record; ARGV expected version
    /// (empty: no record), new version, last seen, time to live, the number of the header's fields (empty: nothing of a
    /// longer header can be stored), the number of fields to remove, those fields, then field and value of each field
    /// to set, of which there is at least one. Returns when the session was last seen before, 0 for a new record or for
    /// a repetition; or all fields of the record that is stored instead. A time to live is only raised.</summary>
    public const string Swap = Compare + Store;

    /// <summary>As <see cref="Swap"/>, for a write that expects no record. A hash without a version is a record that
    /// can't be read.</summary>
    public const string Begin =
        Compare + "if redis.call('EXISTS', key) == 1 then return redis.call('HGETALL', key) end\n" + Store;

    /// <summary>As <see cref="Swap"/>, and also when memory is full: a server without memory refuses HSET as a script's
    /// first write, and no later one.</summary>
    public const string SwapWithoutMemory = Compare + Expire + Store;

    /// <summary>As <see cref="SwapWithoutMemory"/>, and nothing of the stored record stays. A write that expects no
    /// record also replaces a key that is no hash.</summary>
    public const string Replace = Discard + Compare + Expire + "redis.call('DEL', key)\n" + Store;

    /// <summary>Moves 'last seen' forwards: KEYS record; ARGV last seen, new version, time to live, which is only
    /// raised, and the content that the caller has a copy of, if it has one. Returns when the session was last seen
    /// before; nil when the time was not moved.</summary>
    public const string Touch =
        """
        local r = redis.call('HMGET', KEYS[1], 'v', 'l', 'w')
        local seen = tonumber(r[2] or '')
        if not r[1] or not seen or seen >= tonumber(ARGV[1]) then return false end
        -- In this order, because a server that is out of memory refuses HSET as a script's first write.
        redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3])))
        redis.call('HSET', KEYS[1], 'l', ARGV[1], 'v', ARGV[2])
        if ARGV[4] and (r[1] == ARGV[4] or r[3] == r[1] .. ' ' .. ARGV[4]) then
          redis.call('HSET', KEYS[1], 'w', ARGV[2] .. ' ' .. ARGV[4])
        end
        return seen
        """;

    /// <summary>Loads a record of which the caller has a copy: KEYS record; ARGV the content of the copy. Returns three
    /// items while that is what is stored: version, last seen, 1. Returns all fields otherwise.</summary>
    public const string LoadUnlessKnown =
        """
        local r = redis.call('HMGET', KEYS[1], 'v', 'l', 'w')
        if r[1] and r[2] and (r[1] == ARGV[1] or r[3] == r[1] .. ' ' .. ARGV[1]) then return { r[1], r[2], 1 } end
        return redis.call('HGETALL', KEYS[1])
        """;

    /// <summary>Writes an entry of an index, a sorted set: KEYS set; ARGV member, score, the score below which entries
    /// are removed, time to live, whether the entry must get through when memory is full. A score and a time to live
    /// are only raised. A key that is no sorted set is replaced.</summary>
    public const string Index =
        """
        local key, score = KEYS[1], redis.pcall('ZSCORE', KEYS[1], ARGV[1])
        if type(score) == 'table' then
          if not string.find(score.err, 'WRONGTYPE', 1, true) then return score end
          redis.call('DEL', key)
          score = nil
        end
        -- The first write, because a server that is out of memory refuses ZADD as such.
        if ARGV[5] == '1' then redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. ARGV[3]) end
        if not score or tonumber(score) < tonumber(ARGV[2]) then redis.call('ZADD', key, ARGV[2], ARGV[1]) end
        local left = redis.pcall('PTTL', key)
        if type(left) == 'table' or left < tonumber(ARGV[4]) then
          local expires = redis.pcall('PEXPIRE', key, ARGV[4])
          -- Not allowed on this server: nothing may stay for ever.
          if type(expires) == 'table' then redis.call('DEL', key) return expires end
        end
        redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. ARGV[3])
        return 1
        """;

    private const string Discard =
        "if ARGV[1] == '' and redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end\n";

    private const string Compare =
        """
        local key, r = KEYS[1], redis.call('HMGET', KEYS[1], 'v', 'l')
        if r[1] == ARGV[2] then return 0 end
        if (r[1] or '') ~= ARGV[1] then return redis.call('HGETALL', key) end
        local keep = math.max(redis.call('PTTL', key), tonumber(ARGV[4]))

        """;

    // Before anything is changed, so that where the command is not allowed nothing stays for ever.
    private const string Expire = "redis.call('PEXPIRE', key, keep)\n";

    private const string Store =
        """
        local last = (tonumber(r[2] or '') or 0) > tonumber(ARGV[3]) and r[2] or ARGV[3]
        local surplus, first = tonumber(ARGV[5]), 7 + ARGV[6]
        for i = first, #ARGV, 4000 do -- Lua passes on no more than 8,000 arguments at once.
          redis.call('HSET', key, 'v', ARGV[2], 'l', last, unpack(ARGV, i, math.min(i + 3999, #ARGV)))
        end
        for i = 7, first - 1 do redis.call('HDEL', key, ARGV[i]) end
        while surplus and redis.call('HDEL', key, surplus) == 1 do surplus = surplus + 1 end
        local expires = redis.pcall('PEXPIRE', key, keep)
        if type(expires) == 'table' then
          -- Not allowed on this server: nothing may stay for ever.
          if not r[1] then redis.call('DEL', key) end
          return expires
        end
        return tonumber(r[2] or '') or 0
        """;
}
