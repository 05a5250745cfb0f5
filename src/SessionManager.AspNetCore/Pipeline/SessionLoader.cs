using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Loads the session of a request's cookie, or finds the reason why there is none. A request without a cookie
/// never calls the store.</summary>
internal sealed class SessionLoader(
    SessionRepository sessions,
    SessionCookie cookie,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEnding ending,
    SessionRotation rotation,
    SessionCallbacks callbacks,
    RejectedLoads rejected,
    LostSessions lostSessions) : IDisposable
{
    // An instance for each thread, because an instance is not thread-safe.
    private readonly ThreadLocal<IncrementalHash> _sha256 =
        new(static () => IncrementalHash.CreateHash(HashAlgorithmName.SHA256));

    /// <summary>Loads a request's session into the request.</summary>
    public ValueTask LoadAsync(
        RequestSession session, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        switch (cookie.Read(session.Context, out var token, out var candidates))
        {
            case SessionCookieStatus.None when session.Outer is { Record: not null } outer
                && !session.Context.Request.Headers.ContainsKey(HeaderNames.Cookie):
                // A request of a batch has no cookies of its own. It uses the browser of the batch.
                return LoadRecordAsync(session, outer.Token, endpoint, cancellationToken);
            case SessionCookieStatus.None when callbacks.Find(session.Context) is { Count: > 0 } kept:
                return callbacks.LoadAsync(session, kept, endpoint, cancellationToken);
            case SessionCookieStatus.None:
                session.AcceptNone();
                return ValueTask.CompletedTask;
            case SessionCookieStatus.WellFormed:
                return LoadRecordAsync(session, token, endpoint, cancellationToken);
            case SessionCookieStatus.Several:
                return LoadOneOfAsync(session, candidates!, endpoint, cancellationToken);
            case var status:
                return AcceptAsync(session, rejected.Rejected(status), default);
        }
    }

    /// <summary>Returns the state of a load that failed, which depends on the endpoint.</summary>
    public LoadState StateAfterFailure(SessionAttribute? endpoint) => rejected.StateAfterFailure(endpoint);

    public void Dispose() => _sha256.Dispose();

    private ValueTask LoadRecordAsync(
        RequestSession session, SessionToken token, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        var use = new TokenUse(token.HashSecret(_sha256.Value!), clock.Now);
        LoadedSession loaded;
        try
        {
            var lookup = sessions.LoadAsync(token.Id, cancellationToken);
            if (!lookup.IsCompletedSuccessfully)
            {
                return AwaitAsync(session, lookup, token, use, endpoint, cancellationToken);
            }

            loaded = Judge(token, lookup.Result, use);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            loaded = rejected.Failed(token, exception, endpoint);
        }

        return AcceptAsync(session, loaded, use);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(
        RequestSession session,
        ValueTask<SessionLookup> lookup,
        SessionToken token,
        TokenUse use,
        SessionAttribute? endpoint,
        CancellationToken cancellationToken)
    {
        LoadedSession loaded;
        try
        {
            loaded = Judge(token, await lookup, use);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            loaded = rejected.Failed(token, exception, endpoint);
        }

        await AcceptAsync(session, loaded, use);
    }

    /// <summary>Loads the session of a request with several session cookies. If exactly one cookie opens a living
    /// session, the request gets that session. The other cookies belong to an earlier path or domain, or to another
    /// application.</summary>
    private async ValueTask LoadOneOfAsync(
        RequestSession session,
        List<SessionToken> candidates,
        SessionAttribute? endpoint,
        CancellationToken cancellationToken)
    {
        var none = new LoadedSession(LoadState.Loaded, PreviousEnd: SessionEndReason.Invalid);
        var (loaded, replaced) = (none, none);
        foreach (var token in candidates)
        {
            try
            {
                var use = new TokenUse(token.HashSecret(_sha256.Value!), clock.Now);
                var lookup = await sessions.LoadAsync(token.Id, cancellationToken);
                if (lookup is not { Record: { } record, EndReason: null } || lifetime.IsExpired(record, use.Now))
                {
                    continue;
                }

                if (record.KindOf(use.SecretHash, use.Now) is not { } kind)
                {
                    var stale = rejected.Replaced(token, lookup, record, use);
                    replaced = stale.IsRecognised ? stale : replaced;
                    continue;
                }

                if (loaded.Record is { } other && other.Id != record.Id)
                {
                    (loaded, replaced) = (none, none);
                    break;
                }

                if (loaded.Record is null || kind == TokenKind.Next || loaded.TokenKind == TokenKind.Previous)
                {
                    loaded = Living(token, record, kind, use);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                loaded = rejected.Failed(token, exception, endpoint);
                break;
            }
        }

        if (loaded is { Record: null, Failure: null })
        {
            loaded = replaced.IsRecognised
                ? replaced with { Report = () => rejected.ReportCookie(SessionCookieStatus.Ambiguous) }
                : rejected.Rejected(SessionCookieStatus.Ambiguous);
        }
        else if (loaded.Record is not null)
        {
            loaded = loaded with { Report = () => rejected.ReportOneOfSeveral(candidates.Count) };
        }

        await AcceptAsync(session, loaded, default);
    }

    // The request accepts its session before any handler runs, because a handler may use the session.
    private ValueTask AcceptAsync(RequestSession session, in LoadedSession loaded, in TokenUse use)
    {
        if (loaded is { Lost: { } expired, PreviousEnd: SessionEndReason.Expired })
        {
            return EndExpiredAsync(session, expired, loaded, use);
        }

        if (!session.TryAccept(loaded))
        {
            return ValueTask.CompletedTask;
        }

        loaded.Report?.Invoke();
        if (loaded.Lost is { } lost)
        {
            return lostSessions.NoticeAsync(session, lost, loaded.PreviousEnd!.Value, loaded.IsRecognised);
        }

        return loaded is { TokenKind: TokenKind.Next, Record: { } record } && session.MayRotate
            ? rotation.PromoteAsync(session, record)
            : ValueTask.CompletedTask;
    }

    // A long request may use the session between the load and the end. Then the session lives on.
    private async ValueTask EndExpiredAsync(
        RequestSession session, SessionRecord expired, LoadedSession loaded, TokenUse use)
    {
        var (ended, fault) = await ending.EndExpiredAsync(expired);
        var found = loaded;
        if (!ended)
        {
            try
            {
                found = Judge(loaded.Token, await sessions.LoadAsync(expired.Id, CancellationToken.None), use);
            }
            catch (SessionStoreException exception)
            {
                found = loaded with { Report = () => rejected.ReportFailure(expired.Id, exception) };
            }
        }

        if (!session.TryAccept(found with { Lost = null }))
        {
            return;
        }

        found.Report?.Invoke();
        if (ended)
        {
            await ending.AnnounceExpiredAsync(expired, fault, session);
        }

        SessionResponse.Hook(session);
    }

    private LoadedSession Judge(SessionToken token, SessionLookup lookup, TokenUse use)
    {
        if (lookup.Record is not { } record)
        {
            return rejected.Missing(token, lookup.Status, lookup.EndReason ?? SessionEndReason.Invalid);
        }

        if (record.KindOf(use.SecretHash, use.Now) is not { } kind)
        {
            return rejected.Replaced(token, lookup, record, use);
        }

        if (lifetime.IsExpired(record, use.Now))
        {
            return rejected.Dead(token, record, SessionEndReason.Expired, "expired");
        }

        return lookup.EndReason is { } ended
            ? rejected.Dead(token, record, ended, "ended")
            : Living(token, record, kind, use);
    }

    private LoadedSession Living(SessionToken token, SessionRecord record, TokenKind kind, TokenUse use) => new(
        LoadState.Loaded,
        token,
        record,
        clock.TicksUntil(record.LastSeenAt + lifetime.TouchIntervalOf(record.Terms), use.Now),
        IsTouchDue: lifetime.IsTouchDue(record, use.Now),
        TokenKind: kind);
}
