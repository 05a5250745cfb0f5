using System.Security.Cryptography;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore;

/// <summary>A stored session as one load saw it. It does not change; <see cref="Values"/> may read lazily from the stored form.</summary>
public sealed class SessionRecord
{
    // A record has a previous secret or a replaced one, never both: one place is enough.
    private readonly ReadOnlyMemory<byte> _formerSecretHash;
    private readonly DateTimeOffset? _formerUntil;
    private readonly bool _isReplaced;

    private ActorFrame? _actor;

    /// <summary>The id: the first 16 bytes of the token, the same for the session's whole life.</summary>
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of the secret, the token's other 16 bytes. The secret itself is stored nowhere.</summary>
    public required ReadOnlyMemory<byte> SecretHash { get; init; }

    /// <summary>SHA-256 of the secret that was issued to succeed this one and has not been seen yet; empty when there is none.</summary>
    public ReadOnlyMemory<byte> NextSecretHash { get; init; }

    /// <summary>SHA-256 of the secret that a timed rotation replaced; empty when there is none.</summary>
    public ReadOnlyMemory<byte> PreviousSecretHash
    {
        get => _isReplaced ? default : _formerSecretHash;
        init => (_formerSecretHash, _isReplaced) = value.IsEmpty ? (_formerSecretHash, _isReplaced) : (value, false);
    }

    /// <summary>Until when <see cref="PreviousSecretHash"/> is still accepted, for requests that were in flight.</summary>
    public DateTimeOffset? PreviousValidUntil
    {
        get => _isReplaced ? null : _formerUntil;
        init => _formerUntil = value ?? _formerUntil;
    }

    /// <summary>SHA-256 of the secret that the last sign-in replaced; empty when none did, or the secret has changed since. It opens nothing: a
    /// request that brings it and signs the same user in, a second click, goes on in this session.</summary>
    public ReadOnlyMemory<byte> ReplacedSecretHash
    {
        get => _isReplaced ? _formerSecretHash : default;
        init => (_formerSecretHash, _isReplaced) = value.IsEmpty ? (_formerSecretHash, _isReplaced) : (value, true);
    }

    /// <summary>Until when <see cref="ReplacedSecretHash"/> is recognised.</summary>
    public DateTimeOffset? ReplacedUntil
    {
        get => _isReplaced ? _formerUntil : null;
        init => _formerUntil = value ?? _formerUntil;
    }

    /// <summary>When a secret was last issued: the current one, or the next one. The timed rotation counts from it.</summary>
    public required DateTimeOffset SecretIssuedAt { get; init; }

    /// <summary>Counts sign-ins, sign-outs and changes of user. A change made under one generation is never applied under another.</summary>
    public long Generation { get; init; }

    /// <summary>The signed-in user, or <see langword="null"/>.</summary>
    public string? UserId { get; init; }

    /// <summary>The user the session belongs or last belonged to; <see langword="null"/> when it never had one. It outlives a
    /// sign-out, so that the next user does not inherit the values.</summary>
    public string? OwnerId { get; init; }

    /// <summary>When the session was begun.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Where the absolute timeout counts from: creation, or the last sign-in.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the user last signed in; <see langword="null"/> while nobody is signed in.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>What the authentication scheme keeps of the signed-in user beside the id (claims); empty when that is nothing.</summary>
    public ReadOnlyMemory<byte> Principal { get; init; }

    /// <summary>The client that began the session or signed in last, where the application tracks that; otherwise <see langword="null"/>.</summary>
    public SessionClient? Client { get; init; }

    /// <summary>When the session was last used.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The values by key (ordinal).</summary>
    public required IReadOnlyDictionary<string, SessionValue> Values { get; init; }

    /// <summary>The bytes of all keys (UTF-8) and values.</summary>
    public required long ValueBytes { get; init; }

    /// <summary>What the store noted at the sign-in, to recognise a revocation later. The store's own.</summary>
    internal Guid Epoch { get; init; }

    /// <summary>Whether another user acts as the signed-in one.</summary>
    internal bool IsActing => ActorFrame.Is(Principal);

    /// <summary>The user who acts as the signed-in one, and what is there again when that ends.</summary>
    internal ActorFrame? Actor => IsActing ? _actor ??= ActorFrame.Read(Principal) : null;

    /// <summary>The user who acts as the signed-in one; <see langword="null"/>: nobody does.</summary>
    internal string? ActorId => Actor?.UserId;

    /// <summary>Whether a secret opens the session: the current one, the next one, or for a while the one before. Compared in fixed time.</summary>
    /// <param name="secretHash">SHA-256 of the secret.</param>
    /// <param name="now">The time of the request.</param>
    public bool Accepts(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) => AgeOf(secretHash, now) is not null;

    /// <summary>Which of the session's secrets it is; <see langword="null"/>: none. The usual one costs one comparison: in fixed time, that
    /// is 0.2 µs.</summary>
    internal TokenAge? AgeOf(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) =>
        Holds(SecretHash, secretHash) ? TokenAge.Current
        : Holds(NextSecretHash, secretHash) ? TokenAge.Next
        : Holds(PreviousSecretHash, secretHash) && now < PreviousValidUntil ? TokenAge.Previous
        : null;

    /// <summary>Whether a sign-in of the user who is signed in has only just replaced this secret.</summary>
    internal bool WasReplacedBySignIn(ReadOnlyMemory<byte> secretHash, DateTimeOffset now) =>
        UserId is not null && !IsActing && now < ReplacedUntil && Holds(ReplacedSecretHash, secretHash);

    /// <summary>The id in its public form, which may be logged.</summary>
    public override string ToString() => Id.ToString();

    private static bool Holds(ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> other) =>
        !hash.IsEmpty && CryptographicOperations.FixedTimeEquals(hash.Span, other.Span);
}
