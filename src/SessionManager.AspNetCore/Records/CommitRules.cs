using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SessionManager.AspNetCore.Records;

/// <summary>What a commit does to a record: the rules, without I/O. Stores that can't run them inside (as a script) follow the same.</summary>
internal static class CommitRules
{
    /// <summary>Whether the commit has been applied before, and its acknowledgement was lost on the way. Its secret tells: nobody else
    /// has that. It is not applied again, since others may have changed the same values meanwhile.</summary>
    public static bool HasBeenApplied(SessionRecord current, SessionCommit commit) =>
        commit.Secret is { } secret
        && (SameHash(current.SecretHash, secret.NewHash)
            || (secret.Kind == SessionSecretChangeKind.Issue && SameHash(current.NextSecretHash, secret.NewHash)));

    /// <summary>Whether the commit may be applied to the record that is stored now.</summary>
    public static SessionCommitResult Check(SessionRecord current, SessionCommit commit, SessionLifetime lifetime)
    {
        if (commit.Creates || lifetime.IsPastAbsoluteTimeout(current, commit.Now))
        {
            return new SessionCommitResult(SessionCommitOutcome.Gone);
        }

        var wins = commit.Secret is { } change && Wins(current, change, commit.Now);
        if (commit.Generation != current.Generation || (commit.Secret is { Required: true } && !wins))
        {
            return new SessionCommitResult(SessionCommitOutcome.Moved);
        }

        if (commit.ExpectedKey is { } key)
        {
            SessionValue? value = current.Values.TryGetValue(key, out var found) ? found : null;
            if (value != commit.ExpectedValue)
            {
                return new SessionCommitResult(SessionCommitOutcome.Conflict, CurrentValue: value);
            }
        }

        return new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: wins);
    }

    /// <summary>The record a creating commit begins.</summary>
    public static SessionRecord Create(SessionCommit commit, Guid? epoch = null) => new()
    {
        Id = commit.Id,
        SecretHash = commit.Secret!.Value.NewHash,
        SecretIssuedAt = commit.Now,
        Generation = 0,
        UserId = commit.Identity?.UserId,
        OwnerId = commit.Identity?.OwnerId,
        CreatedAt = commit.Identity?.StartedAt ?? commit.Now,
        StartedAt = commit.Identity?.StartedAt ?? commit.Now,
        AuthenticatedAt = commit.Identity?.AuthenticatedAt,
        Principal = commit.Identity?.Principal ?? default,
        Client = commit.Client,
        Epoch = epoch ?? Guid.Empty,
        LastSeenAt = commit.Now,
        Values = LayeredValues.Over(PackedValues.Empty, commit),
        ValueBytes = LayeredValues.ByteCountAfter(0, PackedValues.Empty, commit),
    };

    /// <summary>The record after a commit that <see cref="Check"/> allowed.</summary>
    public static SessionRecord Apply(SessionRecord current, SessionCommit commit, bool secretChanged) => Apply(
        current,
        commit,
        secretChanged,
        epoch: null,
        LayeredValues.Over(current.Values, commit),
        LayeredValues.ByteCountAfter(current.ValueBytes, current.Values, commit));

    /// <summary>The same for who writes the record, and merges the values while doing so: here they are still those before.</summary>
    public static SessionRecord ApplyToHeader(SessionRecord current, SessionCommit commit, bool secretChanged, Guid? epoch) =>
        Apply(current, commit, secretChanged, epoch, current.Values, current.ValueBytes);

    /// <summary>When the session was last seen, after a commit.</summary>
    public static DateTimeOffset LastSeenAfter(SessionRecord current, SessionCommit commit) =>
        commit.Touches && commit.Now > current.LastSeenAt ? commit.Now : current.LastSeenAt;

    public static bool SameHash(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        CryptographicOperations.FixedTimeEquals(left.Span, right.Span);

    private static SessionRecord Apply(
        SessionRecord current,
        SessionCommit commit,
        bool secretChanged,
        Guid? epoch,
        IReadOnlyDictionary<string, SessionValue> values,
        long valueBytes)
    {
        var secrets = secretChanged ? Change(current, commit) : Secrets.Of(current);
        return new SessionRecord
        {
            Id = current.Id,
            SecretHash = secrets.Current,
            NextSecretHash = secrets.Next,
            PreviousSecretHash = secrets.Previous,
            PreviousValidUntil = secrets.PreviousUntil,
            ReplacedSecretHash = secrets.Replaced,
            ReplacedUntil = secrets.ReplacedUntil,
            SecretIssuedAt = secrets.IssuedAt,
            Generation = commit.Identity is { MovesGeneration: true } ? commit.Generation + 1 : current.Generation,
            UserId = commit.Identity is { } identity ? identity.UserId : current.UserId,
            OwnerId = commit.Identity?.OwnerId ?? current.OwnerId,
            CreatedAt = current.CreatedAt,
            StartedAt = commit.Identity?.StartedAt ?? current.StartedAt,
            AuthenticatedAt = commit.Identity is { } when ? when.AuthenticatedAt : current.AuthenticatedAt,
            Principal = commit.Identity?.Principal ?? current.Principal,
            Client = commit.Client ?? current.Client,
            Epoch = epoch ?? current.Epoch,
            LastSeenAt = LastSeenAfter(current, commit),
            Values = values,
            ValueBytes = valueBytes,
        };
    }

    private static bool Wins(SessionRecord current, SessionSecretChange change, DateTimeOffset now) => change.Kind switch
    {
        SessionSecretChangeKind.Issue =>
            SameHash(current.SecretHash, change.ExpectedHash) && SameHash(current.NextSecretHash, change.ExpectedNextHash),
        SessionSecretChangeKind.Promote => SameHash(current.NextSecretHash, change.NewHash),
        _ => change.ExpectedHash.IsEmpty
            || SameHash(current.SecretHash, change.ExpectedHash)
            || (SameHash(current.PreviousSecretHash, change.ExpectedHash) && now < current.PreviousValidUntil),
    };

    private static Secrets Change(SessionRecord current, SessionCommit commit)
    {
        var (change, now) = (commit.Secret!.Value, commit.Now);
        var tailEnd = now + SessionLifetime.RotationTail;
        return change.Kind switch
        {
            SessionSecretChangeKind.Issue => Secrets.Of(current) with { Next = change.NewHash, IssuedAt = now },
            SessionSecretChangeKind.Promote =>
                new Secrets(change.NewHash, current.SecretIssuedAt) { Previous = current.SecretHash, PreviousUntil = tailEnd },
            _ when commit.Identity is { UserId: not null, StartedAt: not null } => new Secrets(change.NewHash, now)
            {
                // The one the sign-in was decided on: a timed rotation may have put another in its place meanwhile.
                Replaced = change.ExpectedHash.IsEmpty ? current.SecretHash : change.ExpectedHash,
                ReplacedUntil = tailEnd,
            },
            _ => new Secrets(change.NewHash, now),
        };
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Secrets(ReadOnlyMemory<byte> Current, DateTimeOffset IssuedAt)
    {
        public ReadOnlyMemory<byte> Next { get; init; }

        public ReadOnlyMemory<byte> Previous { get; init; }

        public DateTimeOffset? PreviousUntil { get; init; }

        public ReadOnlyMemory<byte> Replaced { get; init; }

        public DateTimeOffset? ReplacedUntil { get; init; }

        public static Secrets Of(SessionRecord record) => new(record.SecretHash, record.SecretIssuedAt)
        {
            Next = record.NextSecretHash,
            Previous = record.PreviousSecretHash,
            PreviousUntil = record.PreviousValidUntil,
            Replaced = record.ReplacedSecretHash,
            ReplacedUntil = record.ReplacedUntil,
        };
    }
}
