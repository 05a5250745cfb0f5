using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends sessions in the store, and reports each end to the log and to the application's event
/// handlers.</summary>
internal sealed class SessionEnding(
    SessionRepository sessions,
    SessionTombstones tombstones,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEvents events,
    OutageLog outages,
    ILogger<SessionEnding> logger)
{
    /// <summary>Ends a session.</summary>
    /// <param name="record">The session as the caller knows it.</param>
    /// <param name="reason">The reason. With <see cref="SessionEndReason.Expired"/>, a session that was used meanwhile
    /// lives on.</param>
    /// <param name="context">The current request; <see langword="null"/> outside of a request.</param>
    /// <param name="teller">The session of the request that is being loaded or saved, which raises the event later;
    /// <see langword="null"/> to raise the event at once.</param>
    /// <param name="condition">The condition that the session must meet.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether this call ended the session.</returns>
    public async ValueTask<bool> EndAsync(
        SessionRecord record,
        SessionEndReason reason,
        HttpContext? context,
        RequestSession? teller = null,
        SessionEndCondition condition = default,
        CancellationToken cancellationToken = default)
    {
        condition = reason == SessionEndReason.Expired ? new SessionEndCondition { ExpiredAt = clock.Now } : condition;
        if (!await tombstones.WriteAsync(record.Id, reason, condition, record, cancellationToken))
        {
            return false;
        }

        await AnnounceAsync(record, reason, context, teller);
        return true;
    }

    /// <summary>Ends an expired session in the store without reporting the end. The request has not accepted its
    /// session yet, and a logger may read the session.</summary>
    /// <returns>Whether the session has ended. After a fault of the store, the session counts as ended, because the
    /// next request finds the session expired too. The second item is the fault.</returns>
    public async ValueTask<(bool Ended, SessionStoreException? Fault)> EndExpiredAsync(SessionRecord record)
    {
        try
        {
            var condition = new SessionEndCondition { ExpiredAt = clock.Now };
            var ended = await tombstones.WriteAsync(
                record.Id, SessionEndReason.Expired, condition, record, CancellationToken.None);
            return (ended, null);
        }
        catch (SessionStoreException exception)
        {
            return (true, exception);
        }
    }

    /// <summary>Reports that a request's session was found expired and ended.</summary>
    public ValueTask AnnounceExpiredAsync(SessionRecord record, SessionStoreException? fault, RequestSession session)
    {
        if (fault is null)
        {
            return AnnounceAsync(record, SessionEndReason.Expired, session.Context, session);
        }

        outages.RequestFailed("end", record.Id, fault);
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends a session if it has expired. Otherwise, a running request that found the session alive could save
    /// it.</summary>
    /// <returns>The session as it is now.</returns>
    public async ValueTask<SessionLookup> EndIfExpiredAsync(
        SessionLookup found,
        DateTimeOffset now,
        HttpContext? context,
        RequestSession? teller,
        CancellationToken cancellationToken)
    {
        if (found.Record is not { } record || !lifetime.IsExpired(record, now))
        {
            return found;
        }

        return await EndAsync(record, SessionEndReason.Expired, context, teller, condition: default, cancellationToken)
            ? new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Expired)
            : await sessions.LoadAsync(record.Id, cancellationToken);
    }

    /// <summary>Revokes the sessions that were found under a user, as long as they still belong to that user. A store
    /// that writes several records in one call ends all sessions that nobody changes meanwhile in one.</summary>
    /// <returns>The number of sessions that this call ended.</returns>
    public ValueTask<int> RevokeAllAsync(
        string userId, IReadOnlyList<SessionLookup> found, HttpContext? context, CancellationToken cancellationToken) =>
        RevokeAllAsync(
            found,
            record => SessionUsers.AreOf(record, userId),
            each => RevokeAsync(userId, each, context, teller: null, cancellationToken),
            context,
            cancellationToken);

    /// <summary>Revokes the sessions that were found under a provider, as long as they are still those that the
    /// provider names.</summary>
    /// <returns>The number of sessions that this call ended.</returns>
    public ValueTask<int> RevokeAllAsync(
        ProviderSession provider,
        IReadOnlyList<SessionLookup> found,
        HttpContext? context,
        CancellationToken cancellationToken)
    {
        var condition = new SessionEndCondition { Provider = provider };
        return RevokeAllAsync(
            found,
            record => provider.Names(record.Terms?.Provider),
            each => each.Record is { } record
                ? EndAsync(record, SessionEndReason.Revoked, context, teller: null, condition, cancellationToken)
                : RevokeUnreadAsync(each.Stored!.Id, condition, cancellationToken),
            context,
            cancellationToken);
    }

    private async ValueTask<int> RevokeAllAsync(
        IReadOnlyList<SessionLookup> found,
        Func<SessionRecord, bool> isMeant,
        Func<SessionLookup, ValueTask<bool>> revokeAsync,
        HttpContext? context,
        CancellationToken cancellationToken)
    {
        var ended = 0;
        SessionRecord[] known = tombstones.WritesAll
            ? [.. found.Select(it => it.Record).OfType<SessionRecord>().Where(isMeant)]
            : [];
        var isEnded = new HashSet<Guid>();
        if (known.Length > 1)
        {
            var results = await tombstones.WriteAllAsync(known, SessionEndReason.Revoked, cancellationToken);
            foreach (var (record, _) in known.Zip(results).Where(it => it.Second))
            {
                isEnded.Add(record.Id);
                ended++;
                await AnnounceAsync(record, SessionEndReason.Revoked, context, teller: null);
            }
        }

        var others = await Task.WhenAll(found
            .Where(it => it.Record is not { } record || !isEnded.Contains(record.Id))
            .Select(it => revokeAsync(it).AsTask()));
        return ended + others.Count(result => result);
    }

    /// <summary>Revokes a session that was found under a user, as long as the session still belongs to that user. The
    /// user of a record of a newer version is not known. Such a record is ended without an event.</summary>
    /// <returns>Whether this call ended the session.</returns>
    public async ValueTask<bool> RevokeAsync(
        string userId,
        SessionLookup found,
        HttpContext? context,
        RequestSession? teller,
        CancellationToken cancellationToken)
    {
        if (found.Status == SessionLookupStatus.Newer)
        {
            var newer = new SessionEndCondition { UserId = userId };
            return await RevokeUnreadAsync(found.Stored!.Id, newer, cancellationToken);
        }

        while (found.Record is { } record && SessionUsers.AreOf(record, userId))
        {
            var condition = new SessionEndCondition { UserId = record.UserId };
            if (await EndAsync(record, SessionEndReason.Revoked, context, teller, condition, cancellationToken))
            {
                return true;
            }

            // Another request ended the session, or the user began or ended an impersonation in it.
            found = await sessions.LoadAsync(record.Id, cancellationToken);
        }

        return false;
    }

    /// <summary>Ends a record that can't be read: a damaged record, or a record of a newer version. No event is raised,
    /// because the session is not known.</summary>
    /// <returns>Whether this call ended a session.</returns>
    public async ValueTask<bool> RevokeUnreadAsync(
        Guid id, SessionEndCondition condition, CancellationToken cancellationToken)
    {
        var ended = await tombstones.WriteAsync(
            id, SessionEndReason.Revoked, condition, known: null, cancellationToken);
        if (ended)
        {
            logger.SessionEnded(id, SessionEndReason.Revoked);
        }

        return ended;
    }

    /// <summary>Ends a session that a load found expired or revoked. A fault of the store is only logged, because the
    /// next request finds the session in the same state.</summary>
    public async ValueTask NoticeAsync(SessionRecord record, SessionEndReason reason, RequestSession session)
    {
        try
        {
            await EndAsync(record, reason, session.Context, session);
        }
        catch (SessionStoreException exception)
        {
            outages.RequestFailed("end", record.Id, exception);
        }
    }

    private async ValueTask AnnounceAsync(
        SessionRecord record, SessionEndReason reason, HttpContext? context, RequestSession? teller)
    {
        logger.SessionEnded(record.Id, reason);
        if (teller is null)
        {
            await events.EndedAsync(record, reason, context);
        }
        else
        {
            teller.Tell(() => events.EndedAsync(record, reason, context));
        }
    }
}
