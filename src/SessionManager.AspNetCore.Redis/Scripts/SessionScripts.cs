using SessionManager.AspNetCore.Redis.Stores;

namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>
/// The scripts on sessions. Each works on one key, a hash:
/// <code>
///   f  format version, 1             b  started at (absolute timeout)
///   s  SHA-256 of the secret         a  authenticated at, absent while nobody is signed in
///   n  of the next, absent: none     l  last seen at
///   p  of the previous, likewise     k  what the authentication scheme keeps of the user
///   q  until when p is valid         v:KEY  a value: its kind (1 byte), its bytes
///   i  when a secret was issued      e  end reason; then it is a tombstone with f and e alone
///   g  generation                    o  owner id, absent: never one
///   u  user id, absent: nobody       c  created at
///   t  user agent, where tracked     r  address of the connection, where tracked
/// </code>
/// Times are Unix milliseconds and come from the caller, so that all nodes and all stores judge by one clock. A script runs whole
/// or not at all, so there is never half a session.
/// </summary>
internal static class SessionScripts
{
    /// <summary>Moves 'last seen' when the secret is right, the session lives and the touch is due: KEYS session; ARGV secret, now, interval,
    /// idle, absolute, ttl. Returns whether it did.</summary>
    public static RedisScript Touch { get; } = new(
        """
        local key, secret, now = KEYS[1], ARGV[1], tonumber(ARGV[2])
        local r = redis.call('HMGET', key, 'f', 's', 'b', 'l', 'e', 'n', 'p', 'q')
        if r[1] ~= '1' or r[5] then return 0 end
        if r[2] ~= secret and r[6] ~= secret and (r[7] ~= secret or now >= (tonumber(r[8] or '') or 0)) then return 0 end
        local started, seen = tonumber(r[3]), tonumber(r[4])
        if not started or not seen then return 0 end
        if now <= seen or now - seen < tonumber(ARGV[3]) or seen + tonumber(ARGV[4]) <= now or started + tonumber(ARGV[5]) <= now then return 0 end
        -- In this order, because a server that is out of memory refuses HSET as a script's first write.
        redis.call('PEXPIRE', key, ARGV[6])
        redis.call('HSET', key, 'l', ARGV[2])
        return 1
        """);

    /// <summary>
    /// Applies a commit that sets and removes values, counts as a use and does nothing else, as most do: KEYS session; ARGV now, generation, then the
    /// changes as in <see cref="Commit"/>. Returns the outcome. It asks for no more than it needs, has what never changes in its text, and defines no
    /// functions, because all that costs the server time. A tombstone has no secret. With nothing to store the expiry comes first, as in <see cref="Touch"/>.
    /// </summary>
    public static RedisScript Change(SessionLifetime lifetime) => new(
        $$"""
        local key, now = KEYS[1], tonumber(ARGV[1])
        local r = redis.call('HMGET', key, 'f', 's', 'g', 'b', 'l')
        local started, seen = tonumber(r[4] or ''), tonumber(r[5] or '')
        if r[1] ~= '1' or not r[2] or #r[2] ~= 32 or not r[3] or not started or not seen then return 1 end
        if seen + {{RedisSessionStore.Milliseconds(lifetime.IdleTimeout)}} <= now or started + {{RedisSessionStore.Milliseconds(lifetime.AbsoluteTimeout)}} <= now then return 1 end
        if r[3] ~= ARGV[2] then return 2 end
        if #ARGV < 3 then redis.call('PEXPIRE', key, {{RedisSessionStore.Milliseconds(lifetime.RecordTimeToLive)}}) end
        local touches = now > seen
        for i = 3, #ARGV, 2 do
          if ARGV[i + 1] == '' then
            redis.call('HDEL', key, ARGV[i])
          elseif touches then
            redis.call('HSET', key, 'l', ARGV[1], ARGV[i], ARGV[i + 1])
            touches = false
          else
            redis.call('HSET', key, ARGV[i], ARGV[i + 1])
          end
        end
        if touches then redis.call('HSET', key, 'l', ARGV[1]) end
        redis.call('PEXPIRE', key, {{RedisSessionStore.Milliseconds(lifetime.RecordTimeToLive)}})
        return 0
        """);

    /// <summary>
    /// Applies a commit: KEYS session; ARGV now, idle, absolute, ttl, creates, generation, touches, drops,
    /// identity?, user, owner, authenticated, started, moves, secret?, new hash, expected hash, required, kind, expected next hash,
    /// end of the tail, principal, expects?, expected key, expected value?, expected value, then the changes as field, value (of the client too,
    /// where that is tracked); an empty value removes the field.
    /// Returns { outcome, secret changed?, current value }, outcomes as in SessionCommitOutcome.
    /// </summary>
    public static RedisScript Commit { get; } = new(
        """
        -- Of the fields f, e, s, g, b, l.
        local function lives(r, now)
          local started, seen = tonumber(r[5] or ''), tonumber(r[6] or '')
          return r[1] == '1' and not r[2] and r[3] and #r[3] == 32 and r[4] and started and seen
            and seen + tonumber(ARGV[2]) > now and started + tonumber(ARGV[3]) > now
        end
        local function drop(key)
          for _, field in ipairs(redis.call('HKEYS', key)) do
            if string.sub(field, 1, 2) == 'v:' then redis.call('HDEL', key, field) end
          end
        end
        local function change(key, first)
          for i = first, #ARGV, 2 do
            if ARGV[i + 1] ~= '' then redis.call('HSET', key, ARGV[i], ARGV[i + 1]) else redis.call('HDEL', key, ARGV[i]) end
          end
        end

        local key, now = KEYS[1], tonumber(ARGV[1])
        local r = redis.call('HMGET', key, 'f', 'e', 's', 'g', 'b', 'l', 'n', 'p', 'q')
        if r[1] == '1' and not r[2] and ARGV[15] == '1' and (r[3] == ARGV[16] or (ARGV[19] == '1' and r[7] == ARGV[16])) then return { 0, 1 } end

        local wins = 0
        if ARGV[5] == '1' then
          if redis.call('EXISTS', key) == 1 then return { 1, 0 } end
          wins = 1
        else
          if not lives(r, now) then return { 1, 0 } end
          if ARGV[15] == '1' then
            if ARGV[19] == '1' then
              if r[3] == ARGV[17] and (r[7] or '') == ARGV[20] then wins = 1 end
            elseif ARGV[19] == '2' then
              if r[7] == ARGV[16] then wins = 1 end
            elseif ARGV[17] == '' or ARGV[17] == r[3] or (ARGV[17] == r[8] and now < (tonumber(r[9] or '') or 0)) then
              wins = 1
            end
          end
          if r[4] ~= ARGV[6] or (ARGV[15] == '1' and ARGV[18] == '1' and wins == 0) then return { 2, 0 } end
          if ARGV[23] == '1' then
            local current = redis.call('HGET', key, ARGV[24])
            -- A damaged value counts as absent, here as on a load.
            if current and (string.byte(current) or 255) > 4 then current = false end
            if (current or false) ~= (ARGV[25] == '1' and ARGV[26]) then return { 3, 0, current } end
          end
        end

        -- A server that is out of memory refuses HSET as a script's first write: rightly when there is something to store, but a
        -- sign-out must get through.
        if ARGV[5] ~= '1' and #ARGV < 27 then redis.call('PEXPIRE', key, ARGV[4]) end

        if ARGV[8] == '1' then drop(key) end

        if ARGV[5] == '1' then
          local started = ARGV[13] ~= '' and ARGV[13] or ARGV[1]
          redis.call('HSET', key, 'f', '1', 'g', '0', 'c', started, 'b', started, 'l', ARGV[1])
        elseif ARGV[7] == '1' and now > tonumber(r[6]) then
          redis.call('HSET', key, 'l', ARGV[1])
        end
        if wins == 1 and ARGV[19] == '1' then
          redis.call('HSET', key, 'n', ARGV[16], 'i', ARGV[1])
        elseif wins == 1 and ARGV[19] == '2' then
          redis.call('HSET', key, 's', ARGV[16], 'p', r[3], 'q', ARGV[21])
          redis.call('HDEL', key, 'n')
        elseif wins == 1 then
          redis.call('HSET', key, 's', ARGV[16], 'i', ARGV[1])
          redis.call('HDEL', key, 'n', 'p', 'q')
        end
        if ARGV[9] == '1' then
          if ARGV[10] ~= '' then redis.call('HSET', key, 'u', ARGV[10]) else redis.call('HDEL', key, 'u') end
          if ARGV[11] ~= '' then redis.call('HSET', key, 'o', ARGV[11]) end
          if ARGV[12] ~= '' then redis.call('HSET', key, 'a', ARGV[12]) else redis.call('HDEL', key, 'a') end
          if ARGV[22] ~= '' then redis.call('HSET', key, 'k', ARGV[22]) else redis.call('HDEL', key, 'k') end
          if ARGV[5] ~= '1' and ARGV[13] ~= '' then redis.call('HSET', key, 'b', ARGV[13]) end
          if ARGV[5] ~= '1' and ARGV[14] == '1' then redis.call('HINCRBY', key, 'g', 1) end
        end
        change(key, 27)
        local expires = redis.pcall('PEXPIRE', key, ARGV[4])
        if type(expires) == 'table' and expires.err then
          -- Not allowed on this server: nothing may stay for ever.
          if ARGV[5] == '1' then redis.call('DEL', key) end
          return expires
        end
        return { 0, wins }
        """);

    /// <summary>Ends a session: KEYS session; ARGV reason, ttl, user?, user. Returns whether there was one.</summary>
    public static RedisScript End { get; } = new(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        local alive = 0
        if redis.call('TYPE', KEYS[1]).ok == 'hash' then
          local r = redis.call('HMGET', KEYS[1], 'f', 'e', 's', 'u')
          if r[2] or (tonumber(r[1] or '') or 1) > 1 then return 0 end
          if ARGV[3] == '1' and r[4] ~= ARGV[4] then return 0 end
          if r[1] and r[3] then alive = 1 end
        end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'f', '1', 'e', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return alive
        """);

    /// <summary>Writes, reads and removes a probe, under a key that no session has: KEYS probe; ARGV what to write. Returns whether it was
    /// read as it was written.</summary>
    public static RedisScript Probe { get; } = new(
        """
        redis.call('HSET', KEYS[1], 'v', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 60000)
        local read = redis.call('HGET', KEYS[1], 'v')
        redis.call('DEL', KEYS[1])
        return read == ARGV[1] and 1 or 0
        """);
}
