using System.Security.Cryptography;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Rules;

/// <summary>A session with the data of its header and its values. The object does not change.</summary>
internal sealed record SessionRecord
{
    private const long Never = long.MinValue;

    // Numbers, because each load creates a record, and numbers take half the memory of the types of the properties.
    private readonly long _secretIssuedAt;
    private readonly long _createdAt;
    private readonly long _startedAt;
    private readonly long _authenticatedAt = Never;
    private ActorFrame? _actor;

    /// <summary>The stored record, or the record to store. It has the id, the version and the values.</summary>
    public required StoredSession Stored { get; init; }

    /// <summary>The id: the first 16 bytes of the token. The id never changes.</summary>
    public Guid Id => Stored.Id;

    /// <summary>The stored version; 0 when the session is not stored.</summary>
    public long Version => Stored.Version;

    /// <summary>The stored header; empty when it has changed since.</summary>
    public ReadOnlyMemory<byte> Header => Stored.Header;

    /// <summary>The time of the last use.</summary>
    public DateTimeOffset LastSeenAt => Stored.LastSeenAt;

    /// <summary>The values by key (ordinal), each as <see cref="SessionValue"/> writes it.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Values => Stored.Values;

    /// <summary>SHA-256 of the secret, the other 16 bytes of the token. The secret itself is never stored.</summary>
    public required ReadOnlyMemory<byte> SecretHash { get; init; }

    /// <summary>SHA-256 of the next secret, which no request has sent yet; empty when there is none.</summary>
    public ReadOnlyMemory<byte> NextSecretHash { get; init; }

    /// <summary>The secret before the current secret; the default when it has no effect any more.</summary>
    public FormerSecret Former { get; init; }

    /// <summary>The time at which the last secret was issued, from which the timed rotation counts.</summary>
    public required DateTimeOffset SecretIssuedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_secretIssuedAt);
        init => _secretIssuedAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The number of sign-ins, sign-outs and changes of the user. A change is applied only under the
    /// generation in which it was made.</summary>
    public long Generation { get; init; }

    /// <summary>The signed-in user; <see langword="null"/> when no user is signed in.</summary>
    public string? UserId { get; init; }

    /// <summary>The user to whom the session belongs or last belonged; <see langword="null"/> when no user has ever
    /// signed in. The owner stays after a sign-out, so that the next user does not inherit the values.</summary>
    public string? OwnerId { get; init; }

    /// <summary>The time at which the session began.</summary>
    public required DateTimeOffset CreatedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_createdAt);
        init => _createdAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The time from which the absolute timeout counts: the creation or the last sign-in.</summary>
    public required DateTimeOffset StartedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_startedAt);
        init => _startedAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The time of the last sign-in; <see langword="null"/> when no user is signed in.</summary>
    public DateTimeOffset? AuthenticatedAt
    {
        get => _authenticatedAt == Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(_authenticatedAt);
        init => _authenticatedAt = value?.ToUnixTimeMilliseconds() ?? Never;
    }

    /// <summary>The position among the user's sessions under a limit, in Unix milliseconds. The oldest session has the
    /// smallest number. The number is the time of the sign-in, or a later time when another session of the user has a
    /// later number because the clocks of the nodes differ.</summary>
    public long Order { get; init; }

    /// <summary>A sign-in that has claimed the session and is not decided yet; <see langword="null"/> when there is
    /// none.</summary>
    public SignInClaim? Claim { get; init; }

    /// <summary>The data of the sign-in beside the user id, such as claims; empty when there are none.</summary>
    public ReadOnlyMemory<byte> Principal { get; init; }

    /// <summary>The client that began the session or signed in last; <see langword="null"/> when the application does
    /// not track clients.</summary>
    public SessionClient? Client { get; init; }

    /// <summary>The epoch of the user at the sign-in. A store that can't find all sessions of a user revokes them by
    /// the epoch.</summary>
    public Guid Epoch { get; init; }

    /// <summary>What the sign-in asked for the session; <see langword="null"/> when it asked for nothing, and when
    /// no user is signed in.</summary>
    public SignInTerms? Terms { get; init; }

    /// <summary>Whether the browser keeps the cookie when it is closed.</summary>
    public bool IsPersistent => Terms is { IsPersistent: true };

    /// <summary>The number of bytes of all keys (UTF-8) and values, without the kinds.</summary>
    public long ValueBytes =>
        Stored.ValueBytes - Values.Count ?? Values.Sum(static entry => SessionValue.SizeOf(entry.Key, entry.Value));

    /// <summary>The keys of the values that can be read.</summary>
    public IEnumerable<string> Keys =>
        Values.Where(static entry => SessionValue.IsReadable(entry.Value)).Select(static entry => entry.Key);

    /// <summary>Whether another user acts as the signed-in user.</summary>
    public bool IsActing => ActorFrame.Is(Principal);

    /// <summary>The user who acts as the signed-in user, and the data that the end of the impersonation
    /// restores.</summary>
    public ActorFrame? Actor => IsActing ? _actor ??= ActorFrame.Read(Principal) : null;

    /// <summary>The user who acts as the signed-in user; <see langword="null"/> when there is no
    /// impersonation.</summary>
    public string? ActorId => Actor?.UserId;

    /// <summary>Returns the record that a write with this header and version leaves.</summary>
    public SessionRecord StoredAs(ReadOnlyMemory<byte> header, long version) => this with
    {
        Stored = new StoredSession
        {
            Id = Id,
            Version = version,
            Header = header,
            LastSeenAt = LastSeenAt,
            StartedAt = StartedAt,
            Values = Values,
        },
    };

    /// <summary>Gets a value that can be read.</summary>
    public bool TryGetValue(string key, out SessionValue value)
    {
        if (Values.TryGetValue(key, out var stored) && SessionValue.IsReadable(stored))
        {
            value = new SessionValue(stored);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Whether a secret opens the session: the current secret, the next secret, or for a while the former
    /// secret.</summary>
    /// <param name="secretHash">SHA-256 of the secret.</param>
    /// <param name="now">The time of the request.</param>
    public bool Accepts(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) => KindOf(secretHash, now) is not null;

    /// <summary>Returns which of the session's tokens has a secret; <see langword="null"/> when none has. Secrets are
    /// compared in fixed time. The current secret costs one comparison, which takes 0.2 µs.</summary>
    public TokenKind? KindOf(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) =>
        Holds(SecretHash, secretHash) ? TokenKind.Current
        : Holds(NextSecretHash, secretHash) ? TokenKind.Next
        : Former.Kind == FormerSecretKind.Previous && Holds(Former.Hash, secretHash) && now < Former.Until
            ? TokenKind.Previous
        : null;

    /// <summary>Whether the signed-in user has just replaced a secret, by a sign-in or by a rotation. The secret opens
    /// nothing, but it may end the session.</summary>
    public bool WasReplaced(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) =>
        UserId is not null
        && Former.Kind is FormerSecretKind.Replaced or FormerSecretKind.Rotated
        && !(now >= Former.Until)
        && Holds(Former.Hash, secretHash);

    /// <summary>Whether a sign-in of the signed-in user has just replaced a secret. The second click of that sign-in
    /// then goes on in this session.</summary>
    public bool WasReplacedBySignIn(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) =>
        Former.Kind == FormerSecretKind.Replaced && !IsActing && WasReplaced(secretHash, now);

    /// <summary>Returns the id in its public form, which may be logged.</summary>
    public override string ToString() => Id.ToString();

    private static bool Holds(ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> other) =>
        !hash.IsEmpty && CryptographicOperations.FixedTimeEquals(hash.Span, other.Span);
}
