using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records as the fields of a hash and back. The fields are listed in <see cref="Scripts.SessionScripts"/>.</summary>
internal static class RedisRecord
{
    private const string FormatVersion = "1";
    private const int HashLength = 32;

    /// <summary>What a listing reads of a session.</summary>
    public static readonly RedisValue[] HeaderFields = ["f", "s", "g", "u", "o", "c", "b", "a", "l", "e", "i", "t", "r"];

    private static ReadOnlySpan<byte> ValuePrefix => "v:"u8;

    /// <summary>Reads what HGETALL returned, whatever it is.</summary>
    public static SessionLookup Read(Guid id, RedisValue[] fields, bool touched, Action<Guid> damaged)
    {
        if (fields.Length == 0)
        {
            return new SessionLookup(SessionLookupStatus.NotFound);
        }

        var header = new Dictionary<string, RedisValue>(StringComparer.Ordinal);
        var values = new Dictionary<string, SessionValue>(StringComparer.Ordinal);
        long bytes = 0;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            ReadOnlyMemory<byte> name = fields[i];
            if (!name.Span.StartsWith(ValuePrefix))
            {
                header[(string)fields[i]!] = fields[i + 1];
            }
            else if (ReadValue(fields[i + 1]) is { } value)
            {
                values[Encoding.UTF8.GetString(name.Span[ValuePrefix.Length..])] = value;
                bytes += name.Length - ValuePrefix.Length + value.Data.Length;
            }
            else
            {
                damaged(id);
            }
        }

        return ReadHeader(id, header, values, bytes, touched);
    }

    /// <summary>Reads the fields of a header alone, without the values.</summary>
    public static SessionRecord? ReadHeader(Guid id, RedisValue[] fields)
    {
        var header = new Dictionary<string, RedisValue>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Length; i++)
        {
            if (!fields[i].IsNull)
            {
                header[(string)HeaderFields[i]!] = fields[i];
            }
        }

        return ReadHeader(id, header, [], 0, touched: false).Record;
    }

    /// <summary>Reads a value; <see langword="null"/> when there is none, or none that can be read.</summary>
    public static SessionValue? ReadValue(RedisValue stored)
    {
        ReadOnlyMemory<byte> bytes = stored;
        return bytes.Length > 0 && bytes.Span[0] <= (byte)SessionValueKind.Json
            ? new SessionValue((SessionValueKind)bytes.Span[0], bytes[1..])
            : null;
    }

    /// <summary>The arguments of the commit script.</summary>
    public static RedisValue[] Write(SessionCommit commit, SessionLifetime lifetime)
    {
        var changes = commit.Values?.Count ?? 0;
        var arguments = new List<RedisValue>(26 + (3 * changes))
        {
            commit.Now.ToUnixTimeMilliseconds(),
            RedisSessionStore.Milliseconds(lifetime.IdleTimeout),
            RedisSessionStore.Milliseconds(lifetime.AbsoluteTimeout),
            RedisSessionStore.Milliseconds(lifetime.RecordTimeToLive),
            commit.Creates,
            commit.Generation,
            commit.Touches,
            commit.DropsValues,
            commit.Identity is not null,
            commit.Identity?.UserId ?? "",
            commit.Identity?.OwnerId ?? "",
            Time(commit.Identity?.AuthenticatedAt),
            Time(commit.Identity?.StartedAt),
            commit.Identity?.MovesGeneration == true,
            commit.Secret is not null,
            commit.Secret?.NewHash ?? default,
            commit.Secret?.ExpectedHash ?? default,
            commit.Secret?.Required == true,
            (int)(commit.Secret?.Kind ?? SessionSecretChangeKind.Replace),
            commit.Secret?.ExpectedNextHash ?? default,
            (commit.Now + SessionLifetime.RotationTail).ToUnixTimeMilliseconds(),
            commit.Identity?.Principal ?? default,
            commit.ExpectedKey is not null,
            FieldOf(commit.ExpectedKey ?? ""),
            commit.ExpectedValue is not null,
            commit.ExpectedValue is { } expected ? WriteValue(expected) : RedisValue.EmptyString,
        };
        foreach (var (key, value) in commit.Values ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, SessionValue?>.Empty)
        {
            arguments.Add(FieldOf(key));
            arguments.Add(value is not null);
            arguments.Add(value is { } present ? WriteValue(present) : RedisValue.EmptyString);
        }

        if (commit.Client is { } client)
        {
            arguments.AddRange(["t", client.UserAgent is not null, client.UserAgent ?? ""]);
            arguments.AddRange(["r", client.RemoteIpAddress is not null, client.RemoteIpAddress ?? ""]);
        }

        return [.. arguments];
    }

    private static SessionLookup ReadHeader(
        Guid id, Dictionary<string, RedisValue> header, Dictionary<string, SessionValue> values, long bytes, bool touched)
    {
        var version = (string?)header.GetValueOrDefault("f");
        if (!string.Equals(version, FormatVersion, StringComparison.Ordinal))
        {
            var newer = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 1;
            return new SessionLookup(newer ? SessionLookupStatus.Newer : SessionLookupStatus.Unreadable);
        }

        if (header.TryGetValue("e", out var reason))
        {
            return (SessionEndReason?)Number(reason) is SessionEndReason.Expired or SessionEndReason.SignedOut or SessionEndReason.Revoked
                ? new SessionLookup(SessionLookupStatus.Ended, EndReason: (SessionEndReason)Number(reason)!.Value)
                : new SessionLookup(SessionLookupStatus.Unreadable);
        }

        ReadOnlyMemory<byte> secret = header.GetValueOrDefault("s");
        if (secret.Length != HashLength
            || Number(header.GetValueOrDefault("g")) is not { } generation
            || Moment(header.GetValueOrDefault("c")) is not { } created
            || Moment(header.GetValueOrDefault("b")) is not { } started
            || Moment(header.GetValueOrDefault("l")) is not { } seen)
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        return new SessionLookup(SessionLookupStatus.Found, new SessionRecord
        {
            Id = id,
            SecretHash = secret,
            NextSecretHash = Hash(header.GetValueOrDefault("n")),
            PreviousSecretHash = Hash(header.GetValueOrDefault("p")),
            PreviousValidUntil = Moment(header.GetValueOrDefault("q")),
            SecretIssuedAt = Moment(header.GetValueOrDefault("i")) ?? created,
            Generation = generation,
            UserId = header.GetValueOrDefault("u"),
            OwnerId = header.GetValueOrDefault("o"),
            CreatedAt = created,
            StartedAt = started,
            AuthenticatedAt = Moment(header.GetValueOrDefault("a")),
            Principal = header.GetValueOrDefault("k"),
            Client = header.ContainsKey("t") || header.ContainsKey("r")
                ? new SessionClient(header.GetValueOrDefault("t"), header.GetValueOrDefault("r"))
                : null,
            LastSeenAt = seen,
            Values = values,
            ValueBytes = bytes,
        }, Touched: touched);
    }

    // What has another length is no hash, and opens nothing.
    private static ReadOnlyMemory<byte> Hash(RedisValue value)
    {
        ReadOnlyMemory<byte> hash = value;
        return hash.Length == HashLength ? hash : default;
    }

    private static RedisValue FieldOf(string key)
    {
        var field = new byte[ValuePrefix.Length + Encoding.UTF8.GetByteCount(key)];
        ValuePrefix.CopyTo(field);
        Encoding.UTF8.GetBytes(key, field.AsSpan(ValuePrefix.Length));
        return field;
    }

    private static RedisValue WriteValue(SessionValue value)
    {
        var stored = new byte[1 + value.Data.Length];
        stored[0] = (byte)value.Kind;
        value.Data.Span.CopyTo(stored.AsSpan(1));
        return stored;
    }

    private static RedisValue Time(DateTimeOffset? time) => time is { } moment ? moment.ToUnixTimeMilliseconds() : RedisValue.EmptyString;

    private static long? Number(RedisValue value) =>
        long.TryParse((string?)value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static DateTimeOffset? Moment(RedisValue value) =>
        Number(value) is { } milliseconds
        && milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
}
