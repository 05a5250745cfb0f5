namespace SessionManager.AspNetCore.Rules;

/// <summary>The changes of one request. The rules apply them to the record that is stored when the commit is
/// written.</summary>
internal sealed class SessionCommit
{
    // This type takes half the memory of the type of the property.
    private readonly long _now;

    // The parts that most commits do not have, because they change only values.
    private RareParts? _rare;

    /// <summary>The session.</summary>
    public required Guid Id { get; init; }

    /// <summary>The time of the commit. <see cref="SessionRecord.LastSeenAt"/> moves to this time, but never
    /// backwards.</summary>
    public required DateTimeOffset Now
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_now);
        init => _now = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The record that the request changed; <see langword="null"/> when the commit begins the
    /// session.</summary>
    public SessionRecord? Base { get; init; }

    /// <summary>Whether the commit begins the session. Then <see cref="Secret"/> is set, and no record of this id may
    /// be stored.</summary>
    public bool Creates => Base is null;

    /// <summary>SHA-256 of the secret that the request sent; empty when it sent none.</summary>
    public ReadOnlyMemory<byte> BroughtHash { get; init; }

    /// <summary>Whether the commit counts as a use of the session, and so moves <see cref="SessionRecord.LastSeenAt"/>.
    /// The default is <see langword="true"/>.</summary>
    public bool Touches { get; init; } = true;

    /// <summary>The new identity; <see langword="null"/> when the identity stays.</summary>
    public SessionIdentity? Identity
    {
        get => _rare?.Identity;
        init => Rare(value is not null)?.Identity = value;
    }

    /// <summary>The renewal of the sign-in; <see langword="null"/> when there is none. A commit with a renewal has no
    /// new identity.</summary>
    public SignInRenewal? Renewal
    {
        get => _rare?.Renewal;
        init => Rare(value is not null)?.Renewal = value;
    }

    /// <summary>The new secret; <see langword="null"/> when the secret stays.</summary>
    public SessionSecretChange? Secret
    {
        get => _rare?.Secret;
        init => Rare(value is not null)?.Secret = value;
    }

    /// <summary>The new client; <see langword="null"/> when the stored client stays.</summary>
    public SessionClient? Client
    {
        get => _rare?.Client;
        init => Rare(value is not null)?.Client = value;
    }

    /// <summary>The new claim; a claim with an empty user withdraws the stored claim, and <see langword="null"/> keeps
    /// it. A commit with a claim changes nothing else.</summary>
    public SignInClaim? Claim
    {
        get => _rare?.Claim;
        init => Rare(value is not null)?.Claim = value;
    }

    /// <summary>The claim that the stored record must have; <see langword="null"/> when any claim will do.</summary>
    public SignInClaim? ExpectedClaim
    {
        get => _rare?.ExpectedClaim;
        init => Rare(value is not null)?.ExpectedClaim = value;
    }

    /// <summary>Whether all stored values are removed before <see cref="Values"/> is applied.</summary>
    public bool DropsValues { get; init; }

    /// <summary>The values to set; <see langword="null"/> removes a key. All other values stay.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>?>? Values { get; init; }

    /// <summary>The key whose stored value must be <see cref="ExpectedValue"/>; <see langword="null"/> when no value is
    /// expected.</summary>
    public string? ExpectedKey
    {
        get => _rare?.ExpectedKey;
        init => Rare(value is not null)?.ExpectedKey = value;
    }

    /// <summary>The value that <see cref="ExpectedKey"/> must have; <see langword="null"/> when the key must be
    /// absent.</summary>
    public SessionValue? ExpectedValue
    {
        get => _rare is { ExpectedValue: { IsEmpty: false } stored } ? new SessionValue(stored) : null;
        init => Rare(value is not null)?.ExpectedValue = value?.Stored ?? default;
    }

    /// <summary>The version that the commit writes when it is applied to <see cref="Base"/>. A caller that may repeat
    /// the commit sets the version, so that the store recognises the repetition; 0 chooses a new version. After the
    /// commit, the property has the written version.</summary>
    public long Version { get; set; }

    /// <summary>Whether the commit repeats an earlier commit of which it is not known whether it was applied.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Whether the commit changes only values of an existing session, as most commits do.</summary>
    public bool ChangesValuesAlone =>
        !Creates && _rare is null or { Identity: null, Renewal: null, Secret: null, Client: null, Claim: null };

    private RareParts? Rare(bool isNeeded) => isNeeded ? _rare ??= new RareParts() : _rare;

    private sealed class RareParts
    {
        public SessionIdentity? Identity { get; set; }

        public SignInRenewal? Renewal { get; set; }

        public SessionSecretChange? Secret { get; set; }

        public SessionClient? Client { get; set; }

        public SignInClaim? Claim { get; set; }

        public SignInClaim? ExpectedClaim { get; set; }

        public string? ExpectedKey { get; set; }

        public ReadOnlyMemory<byte> ExpectedValue { get; set; }
    }
}
