namespace SessionManager.AspNetCore;

/// <summary>What one request changed: a delta, merged into the record as it is when the store applies it.</summary>
public sealed class SessionCommit
{
    /// <summary>The session.</summary>
    public required Guid Id { get; init; }

    /// <summary>The time of the commit. <see cref="SessionRecord.LastSeenAt"/> moves to it, unless it is later already.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Whether this creates the record. Then <see cref="Secret"/> is set, and no record of that id may exist.</summary>
    public bool Creates { get; init; }

    /// <summary>The generation the change was made under. The record must still be of it, unless this creates the record.</summary>
    public long Generation { get; init; }

    /// <summary>Whether the commit counts as a use of the session, that is, moves <see cref="SessionRecord.LastSeenAt"/>.</summary>
    public bool Touches { get; init; } = true;

    /// <summary>The new identity, or <see langword="null"/> to leave it.</summary>
    public SessionIdentity? Identity { get; init; }

    /// <summary>The new secret, or <see langword="null"/> to leave it.</summary>
    public SessionSecretChange? Secret { get; init; }

    /// <summary>The client to note, or <see langword="null"/> to leave what is noted.</summary>
    public SessionClient? Client { get; init; }

    /// <summary>Whether all values are dropped before <see cref="Values"/> is applied.</summary>
    public bool DropsValues { get; init; }

    /// <summary>The values set, and with <see langword="null"/> the keys removed. All others stay as they are.</summary>
    public IReadOnlyDictionary<string, SessionValue?>? Values { get; init; }

    /// <summary>The key whose value must still be <see cref="ExpectedValue"/>, or <see langword="null"/> for no such condition.</summary>
    public string? ExpectedKey { get; init; }

    /// <summary>Whether it changes values of an existing session and nothing else, as most do.</summary>
    internal bool ChangesValuesAlone => !Creates && Identity is null && Secret is null && Client is null;

    /// <summary>The record the change was made on, so that a store which still holds the very bytes need not decode them again.</summary>
    internal SessionRecord? Base { get; init; }

    /// <summary>The value <see cref="ExpectedKey"/> must have; <see langword="null"/>: it must be absent.</summary>
    public SessionValue? ExpectedValue { get; init; }
}
