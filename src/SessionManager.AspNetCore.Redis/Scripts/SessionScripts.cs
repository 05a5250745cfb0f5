using SessionManager.AspNetCore.Redis.Stores;

namespace SessionManager.AspNetCore.Redis.Scripts;

/// <summary>
/// The scripts on sessions. Each works on one key, a hash:
/// <code>
///   f  format version, 1             b  started at (absolute timeout)
///   s  SHA-256 of the secret         a  authenticated at, absent while nobody is signed in
///   n  of the next, absent: none     l  last seen at
///   p  of the previous, likewise     k  what the authentication scheme keeps of the user
///   q  until when p is valid; negative: p is what a sign-in replaced, recognised until then
///   i  when a secret was issued      e  end reason; then it is a tombstone with f and e alone
///   g  generation                    o  owner id, absent: never one
///   u  user id, absent: nobody       c  created at
///   t  user agent, where tracked     r  address of the connection, where tracked
///   v:KEY  a value: its kind (1 byte), its bytes
/// </code>
/// Times are Unix milliseconds and come from the caller, so that all nodes and all stores judge by one clock. A script runs whole
/// or not at all, so there is never half a session.
/// </summary>
internal static class SessionScripts
{
    /// <summary>Moves 'last seen' when the touch is due and the session has neither ended nor reached its absolute timeout: KEYS session; ARGV now,
    /// interval, absolute, ttl. Returns whether it did.</summary>
    public static RedisScript Touch { get; } = new(
        """
        local key, now = KEYS[1], tonumber(ARGV[1])
        local r = redis.call('HMGET', key, 'f', 's', 'b', 'l', 'e')
        local started, seen = tonumber(r[3] or ''), tonumber(r[4] or '')
        if r[1] ~= '1' or r[5] or not r[2] or #r[2] ~= 32 or not started or not seen then return 0 end
        if now <= seen or now - seen < tonumber(ARGV[2]) or started + tonumber(ARGV[3]) <= now then return 0 end
        -- In this order, because a server that is out of memory refuses HSET as a script's first write.
        redis.call('PEXPIRE', key, ARGV[4])
        redis.call('HSET', key, 'l', ARGV[1])
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
        if started + {{RedisSessionStore.Milliseconds(lifetime.AbsoluteTimeout)}} <= now then return 1 end
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
    /// Applies a commit: KEYS session; ARGV now, absolute, ttl, creates, generation, touches, drops,
    /// identity?, user, owner, authenticated, started, moves, secret?, new hash, expected hash, required, kind, expected next hash,
    /// end of the tail, principal, expects?, expected key, expected value?, expected value, then the changes as field, value (of the client too,
    /// where that is tracked); an empty value removes the field.
    /// Returns { outcome, secret changed?, current value }, outcomes as in SessionCommitOutcome.
    /// </summary>
    public static RedisScript Commit { get; } = new(
        """
        -- Of the fields f, e, s, g, b, l.
        local function lives(r, now)
          local started = tonumber(r[5] or '')
          return r[1] == '1' and not r[2] and r[3] and #r[3] == 32 and r[4] and started and tonumber(r[6] or '')
            and started + tonumber(ARGV[2]) > now
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
        if r[1] == '1' and not r[2] and ARGV[14] == '1' and (r[3] == ARGV[15] or (ARGV[18] == '1' and r[7] == ARGV[15])) then return { 0, 1 } end

        local wins = 0
        if ARGV[4] == '1' then
          if redis.call('EXISTS', key) == 1 then return { 1, 0 } end
          wins = 1
        else
          if not lives(r, now) then return { 1, 0 } end
          if ARGV[14] == '1' then
            if ARGV[18] == '1' then
              if r[3] == ARGV[16] and (r[7] or '') == ARGV[19] then wins = 1 end
            elseif ARGV[18] == '2' then
              if r[7] == ARGV[15] then wins = 1 end
            elseif ARGV[16] == '' or ARGV[16] == r[3] or (ARGV[16] == r[8] and now < (tonumber(r[9] or '') or 0)) then
              wins = 1
            end
          end
          if r[4] ~= ARGV[5] or (ARGV[14] == '1' and ARGV[17] == '1' and wins == 0) then return { 2, 0 } end
          if ARGV[22] == '1' then
            local current = redis.call('HGET', key, ARGV[23])
            -- A damaged value counts as absent, here as on a load.
            if current and (string.byte(current) or 255) > 4 then current = false end
            if (current or false) ~= (ARGV[24] == '1' and ARGV[25]) then return { 3, 0, current } end
          end
        end

        -- A server that is out of memory refuses HSET as a script's first write: rightly when there is something to store, but a
        -- sign-out must get through.
        if ARGV[4] ~= '1' and #ARGV < 26 then redis.call('PEXPIRE', key, ARGV[3]) end

        if ARGV[7] == '1' then drop(key) end

        if ARGV[4] == '1' then
          local started = ARGV[12] ~= '' and ARGV[12] or ARGV[1]
          redis.call('HSET', key, 'f', '1', 'g', '0', 'c', started, 'b', started, 'l', ARGV[1])
        elseif ARGV[6] == '1' and now > tonumber(r[6]) then
          redis.call('HSET', key, 'l', ARGV[1])
        end
        if wins == 1 and ARGV[18] == '1' then
          redis.call('HSET', key, 'n', ARGV[15], 'i', ARGV[1])
        elseif wins == 1 and ARGV[18] == '2' then
          redis.call('HSET', key, 's', ARGV[15], 'p', r[3], 'q', ARGV[20])
          redis.call('HDEL', key, 'n')
        elseif wins == 1 then
          redis.call('HSET', key, 's', ARGV[15], 'i', ARGV[1])
          if ARGV[4] ~= '1' and ARGV[8] == '1' and ARGV[9] ~= '' and ARGV[12] ~= '' then
            redis.call('HSET', key, 'p', ARGV[16] ~= '' and ARGV[16] or r[3], 'q', '-' .. ARGV[20])
            redis.call('HDEL', key, 'n')
          else
            redis.call('HDEL', key, 'n', 'p', 'q')
          end
        end
        if ARGV[8] == '1' then
          if ARGV[9] ~= '' then redis.call('HSET', key, 'u', ARGV[9]) else redis.call('HDEL', key, 'u') end
          if ARGV[10] ~= '' then redis.call('HSET', key, 'o', ARGV[10]) end
          if ARGV[11] ~= '' then redis.call('HSET', key, 'a', ARGV[11]) else redis.call('HDEL', key, 'a') end
          if ARGV[21] ~= '' then redis.call('HSET', key, 'k', ARGV[21]) else redis.call('HDEL', key, 'k') end
          if ARGV[4] ~= '1' and ARGV[12] ~= '' then redis.call('HSET', key, 'b', ARGV[12]) end
          if ARGV[4] ~= '1' and ARGV[13] == '1' then redis.call('HINCRBY', key, 'g', 1) end
        end
        change(key, 26)
        local expires = redis.pcall('PEXPIRE', key, ARGV[3])
        if type(expires) == 'table' and expires.err then
          -- Not allowed on this server: nothing may stay for ever.
          if ARGV[4] == '1' then redis.call('DEL', key) end
          return expires
        end
        return { 0, wins }
        """);

    /// <summary>Ends a session: KEYS session; ARGV reason, ttl, field, user: the session is ended only if the field 'u' or 'o' is that user, unless
    /// the field is ''. Returns whether there was one, and whose it was. A record of a newer version is one, whatever its fields mean. A damaged
    /// record that was found under its owner is ended though it can't be told whose it is.</summary>
    public static RedisScript End { get; } = new(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return { 0 } end
        local alive, owner = 0, false
        if redis.call('TYPE', KEYS[1]).ok == 'hash' then
          local r = redis.call('HMGET', KEYS[1], 'f', 'e', 's', 'u', 'o')
          local whole = r[1] and r[3] and #r[3] == 32
          local user = r[4]
          if ARGV[3] == 'o' then user = r[5] or (not whole and ARGV[4]) end
          owner = r[5]
          if (tonumber(r[1] or '') or 1) > 1 then
            alive = 1
          elseif r[2] or (ARGV[3] ~= '' and user ~= ARGV[4]) then
            return { 0 }
          elseif r[1] and r[3] then
            alive = 1
          end
        end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'f', '1', 'e', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return { alive, owner }
        """);

    /// <summary>Ends a session of which a limit has passed: KEYS session; ARGV reason, ttl, now, idle, absolute. Returns whether it did, and whose
    /// the session was.</summary>
    public static RedisScript EndExpired { get; } = new(
        """
        local now = tonumber(ARGV[3])
        local r = redis.call('HMGET', KEYS[1], 'f', 'e', 'b', 'l', 'o')
        local started, seen = tonumber(r[3] or ''), tonumber(r[4] or '')
        if r[1] ~= '1' or r[2] or not started or not seen then return { 0 } end
        if seen + tonumber(ARGV[4]) > now and started + tonumber(ARGV[5]) > now then return { 0 } end
        redis.call('DEL', KEYS[1])
        redis.call('HSET', KEYS[1], 'f', '1', 'e', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return { 1, r[5] }
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
