using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Loads and changes sessions. The rules decide on a record, and the store writes the decision only while that record
/// is stored. When another writer was faster, the rules decide again on the record that the other writer left. In one
/// process, the commits of a session wait for each other. Each commit passes its record to the next commit, so that
/// parallel requests don't read the record again.
/// </summary>
internal sealed class SessionRepository(
    IOptions<SessionManagerOptions> options,
    ObservedStore store,
    UserRevocations revocations,
    SessionLifetime lifetime,
    SessionMetrics metrics)
{
    private readonly KeyedLock<SessionRecord> _turns = new();

    /// <summary>Loads a session. A session that was revoked through its user's epoch has that end reason.</summary>
    public ValueTask<SessionLookup> LoadAsync(Guid id, CancellationToken cancellationToken)
    {
        var load = store.LoadAsync(id, cancellationToken);
        return load.IsCompletedSuccessfully
            ? revocations.JudgeAsync(HeaderCodec.Decode(load.Result), cancellationToken)
            : AwaitAsync(load, cancellationToken);

        async ValueTask<SessionLookup> AwaitAsync(
            ValueTask<StoredSession?> load, CancellationToken cancellationToken) =>
            await revocations.JudgeAsync(HeaderCodec.Decode(await load), cancellationToken);
    }

    /// <summary>Moves <see cref="SessionRecord.LastSeenAt"/>. When the request is the first request that sends a new
    /// token, the touch also records that.</summary>
    /// <param name="record">The session as the request knows it.</param>
    /// <param name="broughtHash">SHA-256 of the secret that the request sent.</param>
    /// <param name="now">The time of the use.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether the time was moved.</returns>
    public async ValueTask<bool> TouchAsync(
        SessionRecord record, ReadOnlyMemory<byte> broughtHash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var use = new SessionCommit { Id = record.Id, Now = now, Base = record, BroughtHash = broughtHash };
        if (!CommitRules.KeepsHeader(record, use))
        {
            return (await CommitAsync(use, cancellationToken)).Outcome == SessionCommitOutcome.Committed;
        }

        return await store.TouchAsync(SessionWrites.Touch(record, now, lifetime), cancellationToken);
    }

    /// <summary>Applies a commit, whole or not at all.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached, or the session kept changing for longer
    /// than the I/O timeout.</exception>
    public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken) =>
        metrics.ObservesStore || SessionTracing.IsObserved
            ? ObserveCommitAsync(commit, cancellationToken)
            : QueueAsync(commit, cancellationToken);

    private async ValueTask<SessionCommitResult> ObserveCommitAsync(
        SessionCommit commit, CancellationToken cancellationToken)
    {
        using var activity = SessionTracing.StartCommit(commit, store.Name);
        try
        {
            var result = await QueueAsync(commit, cancellationToken);
            Committed(SessionMetrics.OutcomeOf(result.Outcome));
            return result;
        }
        catch (Exception exception)
        {
            Committed(SessionMetrics.OutcomeOf(exception));
            SessionTracing.Failed(activity, exception);
            throw;
        }

        void Committed(string outcome)
        {
            metrics.Committed(outcome);
            SessionTracing.Committed(activity, outcome);
        }
    }

    private async ValueTask<SessionCommitResult> QueueAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        var handedOn = await _turns.EnterAsync(commit.Id, cancellationToken);
        var (hanging, result) = (false, default(SessionCommitResult));
        try
        {
            return result = await CommitInTurnAsync(commit, handedOn, cancellationToken);
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            _turns.Leave(
                commit.Id,
                hanging,
                (result, commit),
                static done => done.result is { Outcome: SessionCommitOutcome.Committed, Version: not 0 }
                    ? done.result.AfterOf(done.commit)
                    : null);
        }
    }

    /// <summary>Throws when the tries of a write have taken too long. Each try after the first means that another
    /// writer was faster, so the time limits the tries, and not their number.</summary>
    public static void ThrowIfLate(long started, TimeSpan timeout)
    {
        if (Environment.TickCount64 - started > timeout.TotalMilliseconds)
        {
            throw new SessionStoreException("The session kept changing. Change it less often, or raise IOTimeout.");
        }
    }

    /// <summary>Creates a version: any number but 0, which stands for no record. A guessed version is of no use, so
    /// the number need not be hard to guess.</summary>
    public static long NewVersion() => 1 + Random.Shared.NextInt64(long.MaxValue);

    private async ValueTask<SessionCommitResult> CommitInTurnAsync(
        SessionCommit commit, SessionRecord? handedOn, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        var current = commit.IsRepeated ? commit.Base : handedOn ?? commit.Base;
        var isStored = ReferenceEquals(current, handedOn) && handedOn is not null;
        while (true)
        {
            var result = await DecideAsync(current, commit, cancellationToken);
            if (result.Outcome != SessionCommitOutcome.Committed && !isStored && !commit.Creates)
            {
                // The rules refused the record that the request loaded. Another request may have changed it since.
                current = HeaderCodec.Decode(await store.LoadAsync(commit.Id, cancellationToken)).Record;
                isStored = true;
                continue;
            }

            if (result.Outcome != SessionCommitOutcome.Committed || result.After is { Version: not 0 })
            {
                return result;
            }

            var version = commit.Version != 0 && ReferenceEquals(current, commit.Base) ? commit.Version : NewVersion();
            var written = await store.WriteAsync(Write(commit, result, version), cancellationToken);
            if (written.IsSwapped)
            {
                commit.Version = version;
                return result with { Version = version, After = result.After?.StoredAs(result.After.Header, version) };
            }

            current = HeaderCodec.Decode(written.Current).Record;
            isStored = true;
            if (current is null && written.Current is not null)
            {
                // The session has ended or can't be read. No session begins under that id again.
                return new SessionCommitResult(SessionCommitOutcome.Gone);
            }

            if (commit.IsRepeated && current is not null && !CommitRules.HasBeenApplied(current, commit))
            {
                throw new SessionStoreException(
                    "It is not known whether an earlier save of the same changes was applied.");
            }

            ThrowIfLate(started, options.Value.IOTimeout);
        }
    }

    // Decides whether a commit is refused or was applied before; otherwise, the result has the record to write.
    private ValueTask<SessionCommitResult> DecideAsync(
        SessionRecord? current, SessionCommit commit, CancellationToken cancellationToken)
    {
        if (current is null)
        {
            var created = new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true);
            return commit.Creates
                ? DecideByEpochAsync(null, commit, created, cancellationToken)
                : new ValueTask<SessionCommitResult>(new SessionCommitResult(SessionCommitOutcome.Gone));
        }

        if (!ReferenceEquals(current, commit.Base) && CommitRules.HasBeenApplied(current, commit))
        {
            return new ValueTask<SessionCommitResult>(SessionCommitResult.AppliedBefore(current));
        }

        var result = CommitRules.Check(current, commit, lifetime);
        return result.Outcome != SessionCommitOutcome.Committed
            || (current.OwnerId is null && CommitRules.KeepsHeader(current, commit))
            ? new ValueTask<SessionCommitResult>(result)
            : DecideByEpochAsync(current, commit, result, cancellationToken);
    }

    private async ValueTask<SessionCommitResult> DecideByEpochAsync(
        SessionRecord? current, SessionCommit commit, SessionCommitResult result, CancellationToken cancellationToken)
    {
        if (current is not null && await revocations.IsRevokedAsync(current, cancellationToken))
        {
            return new SessionCommitResult(SessionCommitOutcome.Gone, current);
        }

        if (current is not null && CommitRules.KeepsHeader(current, commit))
        {
            return result;
        }

        var epoch = await revocations.EpochAfterAsync(current, commit, cancellationToken);
        var after = current is null
            ? CommitRules.Create(commit, epoch)
            : CommitRules.Apply(current, commit, result.SecretChanged, epoch);
        return result with { After = after.StoredAs(HeaderEncoder.Encode(after), version: 0) };
    }

    private SessionWrite Write(SessionCommit commit, SessionCommitResult result, long version)
    {
        var (before, after) = (result.Before, result.After ?? result.Before!);
        var user = SessionUsers.IndexOf(after);
        return new SessionWrite
        {
            Id = commit.Id,
            ExpectedVersion = before?.Version ?? 0,
            NewVersion = version,
            Header = after.Header,
            KeepsHeader = result.After is null,
            LastSeenAt = commit.Touches && commit.Now > after.LastSeenAt ? commit.Now : after.LastSeenAt,
            UserId = user,
            StartedAt = after.StartedAt,
            // A commit of values alone leaves the identity as it is.
            MovesIndex = !ReferenceEquals(before, after)
                && (before is null
                    || commit.Identity is { UserId: not null }
                    || commit.Claim is not null
                    || before.StartedAt != after.StartedAt
                    || !string.Equals(SessionUsers.IndexOf(before), user, StringComparison.Ordinal)),
            Now = commit.Now,
            KeepUntil = lifetime.KeepUntil(after, commit.Now),
            IndexUntil = lifetime.IndexUntil(after),
            DropsValues = commit.DropsValues,
            Values = commit.Values ?? LayeredValues.NoChanges,
        };
    }
}
