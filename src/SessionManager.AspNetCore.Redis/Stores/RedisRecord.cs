using System.Buffers.Text;
using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records as the fields of a hash and back. The fields are listed in <see cref="Scripts.SessionScripts"/>.</summary>
internal static class RedisRecord
{
    private const int HashLength = 32;

    /// <summary>What a listing reads of a session.</summary>
    public static readonly RedisValue[] HeaderFields = ["f", "s", "g", "u", "o", "c", "b", "a", "l", "e", "i", "t", "r", "k"];

    private static ReadOnlySpan<byte> ValuePrefix => "v:"u8;

    /// <summary>Reads all the fields of a hash, whatever they are. Of the values the keys are not decoded until they are asked for.</summary>
    public static SessionLookup Read(Guid id, HashEntry[] fields, Action<Guid> damaged)
    {
        if (fields.Length == 0)
        {
            return new SessionLookup(SessionLookupStatus.NotFound);
        }

        var header = default(RedisHeader);
        var values = 0;
        long bytes = 0;
        for (var i = 0; i < fields.Length; i++)
        {
            ReadOnlyMemory<byte> name = fields[i].Name;
            if (!name.Span.StartsWith(ValuePrefix))
            {
                header.Set(name.Span, fields[i].Value);
            }
            else if (ReadValue(fields[i].Value) is { } value)
            {
                // To the front, over header fields that have been read.
                fields[values++] = fields[i];
                bytes += name.Length - ValuePrefix.Length + value.Data.Length;
            }
            else
            {
                damaged(id);
            }
        }

        return ReadHeader(id, header, new RedisValues(fields.AsMemory(0, values)), bytes);
    }

    /// <summary>Reads the fields of a header alone, without the values.</summary>
    public static SessionRecord? ReadHeader(Guid id, RedisValue[] fields)
    {
        var header = default(RedisHeader);
        for (var i = 0; i < fields.Length; i++)
        {
            ReadOnlyMemory<byte> name = HeaderFields[i];
            header.Set(name.Span, fields[i]);
        }

        return ReadHeader(id, header, new RedisValues(default), 0).Record;
    }

    /// <summary>The key that a field's name stands for.</summary>
    public static ReadOnlyMemory<byte> KeyOf(HashEntry entry)
    {
        ReadOnlyMemory<byte> name = entry.Name;
        return name[ValuePrefix.Length..];
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
        List<RedisValue> arguments =
        [
            commit.Now.ToUnixTimeMilliseconds(),
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
            .. WriteChanges(commit, first: 0),
        ];
        if (commit.Client is { } client)
        {
            arguments.AddRange(["t", client.UserAgent ?? "", "r", client.RemoteIpAddress ?? ""]);
        }

        return [.. arguments];
    }

    /// <summary>The arguments of the script that changes values alone.</summary>
    public static RedisValue[] WriteChange(SessionCommit commit)
    {
        var arguments = WriteChanges(commit, first: 2);
        (arguments[0], arguments[1]) = (commit.Now.ToUnixTimeMilliseconds(), commit.Generation);
        return arguments;
    }

    // Field and value of each change, from a place on.
    private static RedisValue[] WriteChanges(SessionCommit commit, int first)
    {
        var changes = commit.Values ?? System.Collections.ObjectModel.ReadOnlyDictionary<string, SessionValue?>.Empty;
        var arguments = new RedisValue[first + (2 * changes.Count)];
        var i = first;
        foreach (var (key, value) in changes)
        {
            arguments[i++] = FieldOf(key);
            arguments[i++] = value is { } present ? WriteValue(present) : RedisValue.EmptyString;
        }

        return arguments;
    }

    private static SessionLookup ReadHeader(Guid id, in RedisHeader header, RedisValues values, long bytes)
    {
        if (Number(header.Version) is not 1)
        {
            return new SessionLookup(Number(header.Version) > 1 ? SessionLookupStatus.Newer : SessionLookupStatus.Unreadable);
        }

        if (!header.EndReason.IsNull)
        {
            return (SessionEndReason?)Number(header.EndReason) is { } reason
                and (SessionEndReason.Expired or SessionEndReason.SignedOut or SessionEndReason.Revoked)
                    ? new SessionLookup(SessionLookupStatus.Ended, EndReason: reason)
                    : new SessionLookup(SessionLookupStatus.Unreadable);
        }

        ReadOnlyMemory<byte> secret = header.Secret;
        if (secret.Length != HashLength
            || Number(header.Generation) is not { } generation
            || Moment(header.CreatedAt) is not { } created
            || Moment(header.StartedAt) is not { } started
            || Moment(header.LastSeenAt) is not { } seen)
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        var until = Number(header.PreviousUntil);
        var previous = Hash(header.PreviousSecret);
        return new SessionLookup(SessionLookupStatus.Found, new SessionRecord
        {
            Id = id,
            SecretHash = secret,
            NextSecretHash = Hash(header.NextSecret),
            PreviousSecretHash = until < 0 ? default : previous,
            PreviousValidUntil = until < 0 ? null : Moment(until),
            ReplacedSecretHash = until < 0 ? previous : default,
            ReplacedUntil = until < 0 ? Moment(-until) : null,
            SecretIssuedAt = Moment(header.IssuedAt) ?? created,
            Generation = generation,
            UserId = header.UserId,
            OwnerId = header.OwnerId,
            CreatedAt = created,
            StartedAt = started,
            AuthenticatedAt = Moment(header.AuthenticatedAt),
            Principal = header.Principal,
            Client = header.UserAgent.IsNull && header.Address.IsNull ? null : new SessionClient(header.UserAgent, header.Address),
            LastSeenAt = seen,
            Values = values,
            ValueBytes = bytes,
        });
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

    private static long? Number(RedisValue value)
    {
        if (value.IsInteger)
        {
            return (long)value;
        }

        ReadOnlyMemory<byte> text = value;
        return Utf8Parser.TryParse(text.Span, out long number, out var read) && read == text.Length ? number : null;
    }

    private static DateTimeOffset? Moment(RedisValue value) => Moment(Number(value));

    private static DateTimeOffset? Moment(long? number) =>
        number is { } milliseconds
        && milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;
}
