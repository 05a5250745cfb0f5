using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Limits users to <see cref="SessionManagerOptions.MaxSessionsPerUser"/>, however many sign-ins run at once, on any
/// node. The response never carries the token of a session beyond the limit. To end the oldest session, a sign-in is
/// saved, finds the user's sessions, ends the sessions beyond the limit, and then issues its token. To reject the new
/// session, a sign-in claims its session, finds the user's sessions, withdraws the claims of all other sign-ins, and is
/// saved only if its own claim is still stored.
/// </summary>
internal sealed class SessionLimiter(
    IOptions<SessionManagerOptions> options,
    SessionRepository sessions,
    SessionFinder finder,
    SessionTombstones tombstones,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEnding ending)
{
    /// <summary>Decides on what terms a sign-in may be saved.</summary>
    /// <param name="session">The request's session.</param>
    /// <param name="draft">The draft to save.</param>
    /// <param name="stored">The session that the user signs in to; <see langword="null"/> when the sign-in begins the
    /// session.</param>
    /// <param name="secret">The secret of a session that the sign-in begins.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="SessionLimitException">The user has reached the limit, and new sessions are
    /// rejected.</exception>
    public ValueTask<SignInAdmission> AdmitAsync(
        RequestSession session,
        SessionDraft draft,
        SessionRecord? stored,
        SessionSecretChange secret,
        CancellationToken cancellationToken) =>
        options.Value.MaxSessionsPerUser is { } limit
            && draft is { SignsIn: true, SharesSession: false, UserId: { } userId }
            ? AdmitAsync(session, userId, limit, stored, secret, draft.IsInDoubt, cancellationToken)
            : default;

    /// <summary>Ends the sessions beyond the limit, after a sign-in is saved and before its token is issued.</summary>
    /// <exception cref="SessionLimitException">The session itself is beyond the limit, because later sign-ins were
    /// faster.</exception>
    public ValueTask EnforceAsync(
        RequestSession session,
        SessionRecord signedIn,
        SignInAdmission admission,
        CancellationToken cancellationToken) =>
        admission.EndsOldest
            ? EndOldestAsync(session, signedIn, admission.UserId!, cancellationToken)
            : ValueTask.CompletedTask;

    /// <summary>Loads a session of a user; <see langword="null"/> when the session does not live.</summary>
    public async ValueTask<SessionRecord?> FindAsync(
        string userId, Guid id, RequestSession session, CancellationToken cancellationToken)
    {
        var found = await ending.EndIfExpiredAsync(
            await sessions.LoadAsync(id, cancellationToken), clock.Now, session.Context, session, cancellationToken);
        return found.Living is { } record && SessionUsers.AreOf(record, userId) ? record : null;
    }

    private async ValueTask<SignInAdmission> AdmitAsync(
        RequestSession session,
        string userId,
        int limit,
        SessionRecord? stored,
        SessionSecretChange secret,
        bool isInDoubt,
        CancellationToken cancellationToken)
    {
        var id = stored?.Id ?? session.CurrentId();
        if (isInDoubt && await FindAsync(userId, id, session, cancellationToken) is { } applied
            && CommitRules.SameHash(applied.SecretHash, secret.NewHash))
        {
            // An earlier try of this sign-in was saved, but its acknowledgement was lost.
            return new SignInAdmission { UserId = userId, Order = applied.Order, Applied = applied };
        }

        var others = await FindOthersAsync(userId, id, session, cancellationToken);
        var admission = new SignInAdmission
        {
            UserId = userId,
            Order = Math.Max(clock.Now.ToUnixTimeMilliseconds(), others.Select(OrderOf).DefaultIfEmpty().Max() + 1),
        };
        if (options.Value.SessionLimitBehavior != SessionLimitBehavior.RejectNew)
        {
            return admission;
        }

        ThrowIfFull(others.Count(other => TakesPlace(other, userId)), limit);
        var commit = new SessionCommit
        {
            Id = id,
            Now = clock.Now,
            Base = stored,
            Touches = stored is null,
            Claim = new SignInClaim(userId, SessionToken.NewId()),
            Secret = stored is null ? secret : null,
        };
        var claim = await sessions.CommitAsync(commit, cancellationToken);
        if (claim.Outcome != SessionCommitOutcome.Committed)
        {
            return admission with { Refusal = claim.Outcome };
        }

        var claimed = claim.AfterOf(commit);
        var taken = 0;
        foreach (var other in await FindOthersAsync(userId, id, session, cancellationToken))
        {
            taken += await TakesPlaceAfterAsync(other, userId, cancellationToken) ? 1 : 0;
        }

        if (taken < limit)
        {
            return admission with { Claimed = claimed };
        }

        await WithdrawAsync(claimed, begun: stored is null, cancellationToken);
        throw SessionErrors.TooManySessions(options.Value.MaxSessionsPerUser);
    }

    private async ValueTask EndOldestAsync(
        RequestSession session, SessionRecord signedIn, string userId, CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxSessionsPerUser.GetValueOrDefault();
        var others = await FindOthersAsync(userId, signedIn.Id, session, cancellationToken);
        var oldest = others.Where(other => TakesPlace(other, userId))
            .Append(new SessionLookup(SessionLookupStatus.Found, signedIn))
            .OrderBy(OrderOf).ThenBy(IdOf)
            .SkipLast(limit)
            .ToList();
        foreach (var group in SessionBatches.Of(oldest.Where(each => IdOf(each) != signedIn.Id)))
        {
            await Task.WhenAll(group.Select(each =>
                ending.RevokeAsync(userId, each, session.Context, session, cancellationToken).AsTask()));
        }

        if (oldest.Exists(each => IdOf(each) == signedIn.Id))
        {
            await ending.EndAsync(
                signedIn, SessionEndReason.Revoked, session.Context, session, condition: default, cancellationToken);
            throw SessionErrors.TooManySessions(options.Value.MaxSessionsPerUser);
        }
    }

    // Finds the user's other living sessions, and the sessions that other sign-ins have claimed.
    private async ValueTask<List<SessionLookup>> FindOthersAsync(
        string userId, Guid id, RequestSession session, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var others = new List<SessionLookup>();
        foreach (var found in await finder.FindByUserAsync(userId, cancellationToken))
        {
            if (IdOf(found) != id
                && await ending.EndIfExpiredAsync(
                    found, now, session.Context, session, cancellationToken) is var living
                && (living.Status == SessionLookupStatus.Newer || living.Living is not null))
            {
                others.Add(living);
            }
        }

        return others;
    }

    // Withdraws the claim of another sign-in, which is rejected then. A sign-in that was faster takes a place.
    private async ValueTask<bool> TakesPlaceAfterAsync(
        SessionLookup other, string userId, CancellationToken cancellationToken)
    {
        while (!TakesPlace(other, userId)
            && other.Living is { Claim: { } claim } record
            && string.Equals(claim.UserId, userId, StringComparison.Ordinal))
        {
            if (await WithdrawAsync(record, begun: false, cancellationToken))
            {
                return false;
            }

            other = await sessions.LoadAsync(record.Id, cancellationToken);
        }

        return TakesPlace(other, userId);
    }

    private async ValueTask<bool> WithdrawAsync(SessionRecord claimed, bool begun, CancellationToken cancellationToken)
    {
        if (begun)
        {
            return await tombstones.WriteAsync(
                claimed.Id, SessionEndReason.Revoked, default, claimed, cancellationToken);
        }

        var commit = new SessionCommit
        {
            Id = claimed.Id,
            Now = clock.Now,
            Base = claimed,
            Touches = false,
            Claim = claimed.Claim! with { UserId = "" },
            ExpectedClaim = claimed.Claim,
        };
        return (await sessions.CommitAsync(commit, cancellationToken)).Outcome == SessionCommitOutcome.Committed;
    }

    private bool TakesPlace(SessionLookup found, string userId) =>
        found.Status == SessionLookupStatus.Newer
        || (found.Living is { } record
            && SessionUsers.TakesPlaceOf(record, userId)
            && !lifetime.IsExpired(record, clock.Now));

    private static void ThrowIfFull(int taken, int limit)
    {
        if (taken >= limit)
        {
            throw SessionErrors.TooManySessions(limit);
        }
    }

    private static Guid IdOf(SessionLookup found) => found.Record?.Id ?? found.Stored!.Id;

    private static long OrderOf(SessionLookup found) =>
        found.Record?.Order ?? found.Stored!.StartedAt.ToUnixTimeMilliseconds();
}
