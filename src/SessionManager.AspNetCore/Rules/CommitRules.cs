using System.Security.Cryptography;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Rules;

/// <summary>The rules by which a commit changes a record. They do no I/O.</summary>
internal static class CommitRules
{
    /// <summary>Whether the commit was applied before, and its acknowledgement was lost. The rules recognise the commit
    /// by its secret, which no other commit has. Such a commit is not applied again, because other requests may have
    /// changed the same values meanwhile.</summary>
    public static bool HasBeenApplied(SessionRecord current, SessionCommit commit) =>
        commit.Secret is { } secret
        && (SameHash(current.SecretHash, secret.NewHash)
            || (secret.Kind == SessionSecretChangeKind.Issue && SameHash(current.NextSecretHash, secret.NewHash)));

    /// <summary>Decides whether a commit may be applied to a record.</summary>
    public static SessionCommitResult Check(SessionRecord current, SessionCommit commit, SessionLifetime lifetime)
    {
        if (commit.Creates || lifetime.IsPastAbsoluteTimeout(current, commit.Now))
        {
            return new SessionCommitResult(SessionCommitOutcome.Gone, current);
        }

        var wins = commit.Secret is { } change && Wins(current, change, commit.Now);
        if (commit.Base!.Generation != current.Generation
            || (commit.Secret is { Required: true } && !wins)
            || (commit.Renewal is { } renewal && renewal.AuthenticatedAt != current.AuthenticatedAt)
            || (commit.ExpectedClaim is { } claim && claim != current.Claim))
        {
            return new SessionCommitResult(SessionCommitOutcome.Moved, current);
        }

        if (commit.ExpectedKey is { } key)
        {
            SessionValue? value = current.TryGetValue(key, out var found) ? found : null;
            if (value != commit.ExpectedValue)
            {
                return new SessionCommitResult(SessionCommitOutcome.Conflict, current);
            }
        }

        return new SessionCommitResult(SessionCommitOutcome.Committed, current, SecretChanged: wins);
    }

    /// <summary>Returns the record that a commit begins.</summary>
    public static SessionRecord Create(SessionCommit commit, Guid? epoch = null)
    {
        var started = commit.Identity?.StartedAt ?? commit.Now;
        return new SessionRecord
        {
            Stored = new StoredSession
            {
                Id = commit.Id,
                LastSeenAt = commit.Now,
                StartedAt = started,
                Values = LayeredValues.Over(LayeredValues.None, commit),
            },
            SecretHash = commit.Secret!.NewHash,
            SecretIssuedAt = started,
            UserId = commit.Identity?.UserId,
            OwnerId = commit.Identity?.OwnerId,
            CreatedAt = started,
            StartedAt = started,
            AuthenticatedAt = commit.Identity?.AuthenticatedAt,
            Order = commit.Identity?.Order ?? started.ToUnixTimeMilliseconds(),
            Claim = commit.Claim,
            Principal = commit.Identity?.Principal ?? default,
            Client = commit.Client,
            Epoch = epoch ?? Guid.Empty,
            Terms = commit.Identity?.Terms,
        };
    }

    /// <summary>Returns the record after a commit that <see cref="Check"/> allowed.</summary>
    /// <param name="current">The record before the commit.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="secretChanged">Whether the secret of the commit takes effect.</param>
    /// <param name="epoch">The epoch of the user who signs in; <see langword="null"/> when the epoch stays.</param>
    public static SessionRecord Apply(
        SessionRecord current, SessionCommit commit, bool secretChanged, Guid? epoch = null)
    {
        var after = current with
        {
            Stored = new StoredSession
            {
                Id = current.Id,
                Version = commit.Version,
                Header = KeepsHeader(current, commit) ? current.Header : default,
                LastSeenAt = commit.Touches && commit.Now > current.LastSeenAt ? commit.Now : current.LastSeenAt,
                StartedAt = StartAfter(current, commit),
                Values = LayeredValues.Over(current.Values, commit),
            },
            Former = ClosesFormer(current, commit)
                ? current.Former.EndingAt(commit.Now + SessionLifetime.RotationTail)
                : current.Former,
        };
        if (commit.ChangesValuesAlone)
        {
            return after;
        }

        after = after with
        {
            Client = commit.Client ?? current.Client,
            Claim = commit.Claim is not { } claim ? current.Claim : claim.UserId.Length == 0 ? null : claim,
            Epoch = epoch ?? current.Epoch,
        };
        after = commit.Renewal?.Apply(after) ?? after;
        after = commit.Identity is { } identity ? Identify(after, identity, StartAfter(current, commit)) : after;
        return secretChanged ? ChangeSecret(after, current, commit) : after;
    }

    /// <summary>Whether a commit leaves the header unchanged.</summary>
    public static bool KeepsHeader(SessionRecord current, SessionCommit commit) =>
        commit.ChangesValuesAlone && !ClosesFormer(current, commit);

    public static bool SameHash(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        !left.IsEmpty && CryptographicOperations.FixedTimeEquals(left.Span, right.Span);

    // A request has sent the token that a sign-in issued. The replaced token is recognised for the tail from then on.
    private static bool ClosesFormer(SessionRecord current, SessionCommit commit) =>
        current.Former is { Kind: FormerSecretKind.Replaced, Until: null }
        && (SameHash(current.SecretHash, commit.BroughtHash) || SameHash(current.NextSecretHash, commit.BroughtHash));

    // The long timeouts of a persistent session end with the sign-in, so the short ones begin then.
    private static DateTimeOffset StartAfter(SessionRecord current, SessionCommit commit) =>
        commit.Identity is not { } identity ? current.StartedAt
        : identity.StartedAt is { } started ? started
        : identity.UserId is null && current.Terms is not null ? commit.Now
        : current.StartedAt;

    private static SessionRecord Identify(
        SessionRecord record, SessionIdentity identity, DateTimeOffset startedAt) => record with
        {
            Generation = record.Generation + (identity.MovesGeneration ? 1 : 0),
            UserId = identity.UserId,
            OwnerId = identity.OwnerId ?? record.OwnerId,
            StartedAt = startedAt,
            AuthenticatedAt = identity.AuthenticatedAt,
            Order = identity.Order ?? identity.StartedAt?.ToUnixTimeMilliseconds() ?? record.Order,
            Claim = null,
            Principal = identity.Principal,
            Terms = identity is { StartedAt: null, UserId: not null } ? record.Terms : identity.Terms,
        };

    private static bool Wins(SessionRecord current, SessionSecretChange change, DateTimeOffset now) =>
        change.Kind switch
        {
            SessionSecretChangeKind.Issue => SameHash(current.SecretHash, change.ExpectedHash)
                && current.NextSecretHash.Span.SequenceEqual(change.ExpectedNextHash.Span),
            SessionSecretChangeKind.Promote => SameHash(current.NextSecretHash, change.NewHash),
            _ => change.ExpectedHash.IsEmpty || current.Accepts(change.ExpectedHash, now),
        };

    private static SessionRecord ChangeSecret(SessionRecord record, SessionRecord before, SessionCommit commit)
    {
        var (change, now) = (commit.Secret!, commit.Now);
        var tailEnd = now + SessionLifetime.RotationTail;
        return change.Kind switch
        {
            SessionSecretChangeKind.Issue => record with { NextSecretHash = change.NewHash, SecretIssuedAt = now },
            SessionSecretChangeKind.Promote => record with
            {
                SecretHash = change.NewHash,
                NextSecretHash = default,
                Former = new FormerSecret(FormerSecretKind.Previous, before.SecretHash, tailEnd),
            },
            _ => record with
            {
                SecretHash = change.NewHash,
                NextSecretHash = default,
                SecretIssuedAt = now,
                Former = FormerAfter(record, before, commit),
            },
        };
    }

    // The replaced secret is the expected secret, even if a timed rotation has replaced that secret meanwhile.
    private static FormerSecret FormerAfter(SessionRecord record, SessionRecord before, SessionCommit commit)
    {
        var replaced = commit.Secret!.ExpectedHash is { IsEmpty: false } expected ? expected : before.SecretHash;
        return commit.Identity switch
        {
            { UserId: not null, StartedAt: not null } =>
                new FormerSecret(FormerSecretKind.Replaced, replaced, until: null),
            null when record.UserId is not null =>
                new FormerSecret(FormerSecretKind.Rotated, replaced, commit.Now + SessionLifetime.RotationTail),
            _ => default,
        };
    }
}
