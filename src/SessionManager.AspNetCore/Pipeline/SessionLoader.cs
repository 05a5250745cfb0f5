using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>From the cookie to the living session, or to the reason why there is none. A request without a cookie never gets to the store.</summary>
internal sealed class SessionLoader(
    IOptions<SessionManagerOptions> options,
    ObservedStore store,
    SessionCookie cookie,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEvents events,
    SessionEnding ending,
    SessionMetrics metrics,
    ILogger<SessionLoader> logger) : IDisposable
{
    // Stands for the session that an ambiguous cookie has not.
    private static readonly Guid Ambiguous = new(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    // One for each thread: it is not for several at once.
    private readonly ThreadLocal<IncrementalHash> _sha256 = new(static () => IncrementalHash.CreateHash(HashAlgorithmName.SHA256));

    private readonly RecentEvents _recent = new();

    /// <summary>Loads a request's session into it.</summary>
    public ValueTask LoadAsync(RequestSession session, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        switch (cookie.Read(session.Context, out var token, out var candidates))
        {
            case SessionCookieStatus.None when session.Outer is { Record: not null } outer && !session.Context.Request.Headers.ContainsKey(HeaderNames.Cookie):
                // A request of a batch says nothing of cookies: its browser is that of the batch.
                return LoadRecordAsync(session, outer.Token, endpoint, cancellationToken);
            case SessionCookieStatus.None:
                session.AcceptNone();
                return ValueTask.CompletedTask;
            case SessionCookieStatus.WellFormed:
                return LoadRecordAsync(session, token, endpoint, cancellationToken);
            case SessionCookieStatus.Several:
                return LoadOneOfAsync(session, candidates!, endpoint, cancellationToken);
            case var rejected:
                return AcceptAsync(session, Rejected(rejected), default);
        }
    }

    /// <summary>Shows a request its session as it is stored by now.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public async ValueTask ReloadAsync(RequestSession session, SessionRecord before, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        SessionLookup lookup;
        try
        {
            lookup = await store.LoadAsync(before.Id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            logger.StoreFailed("load", before.Id, exception.Message);
            throw;
        }

        if (lookup.Record is not { } record)
        {
            session.Lose(lookup.EndReason ?? SessionEndReason.Invalid);
        }
        else if (lookup.EndReason is { } ended)
        {
            await LoseAsync(session, record, ended);
        }
        else if (lifetime.IsPastAbsoluteTimeout(record, now))
        {
            // Not the idle limit: this request uses it.
            await LoseAsync(session, record, SessionEndReason.Expired);
        }
        else if (record.Generation != before.Generation)
        {
            session.Lose(SessionEndReason.Replaced);
        }
        else
        {
            session.Refresh(record);
        }
    }

    /// <summary>What a load that fails is to an endpoint.</summary>
    public SessionPhase PhaseOfFailure(SessionAttribute? endpoint) =>
        (endpoint?.ChosenStoreFailureMode ?? options.Value.StoreFailureMode) == StoreFailureMode.Anonymous ? SessionPhase.Anonymous : SessionPhase.Failed;

    public void Dispose() => _sha256.Dispose();

    private ValueTask LoadRecordAsync(RequestSession session, SessionToken token, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        var touch = TouchBy(token, session);
        LoadedSession loaded;
        try
        {
            var lookup = store.LoadAsync(token.Id, touch, cancellationToken);
            if (!lookup.IsCompletedSuccessfully)
            {
                return AwaitAsync(session, lookup, token, touch, endpoint, cancellationToken);
            }

            loaded = Judge(token, lookup.Result, touch);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            loaded = Failed(token, exception, endpoint);
        }

        return AcceptAsync(session, loaded, touch);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(
        RequestSession session,
        ValueTask<SessionLookup> lookup,
        SessionToken token,
        RecordTouch touch,
        SessionAttribute? endpoint,
        CancellationToken cancellationToken)
    {
        LoadedSession loaded;
        try
        {
            loaded = Judge(token, await lookup, touch);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            loaded = Failed(token, exception, endpoint);
        }

        await AcceptAsync(session, loaded, touch);
    }

    /// <summary>Of several cookies of our name, the one that opens a living session is taken, if exactly one does: the others are left over from
    /// a path or a domain that has changed, or somebody else's.</summary>
    private async ValueTask LoadOneOfAsync(
        RequestSession session, List<SessionToken> candidates, SessionAttribute? endpoint, CancellationToken cancellationToken)
    {
        var none = new LoadedSession(SessionPhase.Loaded, PreviousEnd: SessionEndReason.Invalid);
        var (loaded, replaced) = (none, none);
        foreach (var token in candidates)
        {
            try
            {
                var touch = TouchBy(token, session);
                var lookup = await store.LoadAsync(token.Id, touch, cancellationToken);
                if (lookup is not { Record: { } record, EndReason: null } || lifetime.IsExpired(record, touch.Now))
                {
                    continue;
                }

                if (record.AgeOf(touch.SecretHash, touch.Now) is not { } age)
                {
                    replaced = Replaced(token, lookup, record, touch) is { IsRecognised: true } click ? click : replaced;
                    continue;
                }

                if (loaded.Record is { } other && other.Id != record.Id)
                {
                    (loaded, replaced) = (none, none);
                    break;
                }

                if (loaded.Record is null || age == TokenAge.Next || loaded.TokenAge == TokenAge.Previous)
                {
                    loaded = Living(token, lookup, record, age, touch);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                loaded = Failed(token, exception, endpoint);
                break;
            }
        }

        if (loaded is { Record: null, Failure: null })
        {
            loaded = replaced.IsRecognised ? replaced with { Report = () => Reject(SessionCookieStatus.Ambiguous) } : Rejected(SessionCookieStatus.Ambiguous);
        }
        else if (loaded.Record is not null)
        {
            loaded = loaded with { Report = () => logger.OneCookieOfSeveralTaken(options.Value.Cookie.Name!, candidates.Count) };
        }

        await AcceptAsync(session, loaded, default);
    }

    // A store may touch as it loads, so whether the request counts as use is asked before that.
    private RecordTouch TouchBy(SessionToken token, RequestSession session) =>
        new(token.HashSecret(_sha256.Value!), clock.Now, Allowed: session.Touches);

    private void Reject(SessionCookieStatus status)
    {
        var ambiguous = status == SessionCookieStatus.Ambiguous;
        metrics.CookieRejected(ambiguous ? "ambiguous" : "malformed");
        var level = LevelOf(10, ambiguous ? Ambiguous : default);
        logger.CookieRejected(level, status, ambiguous
            ? "Several came with different values, set for different paths or domains, and not exactly one of them opens a living session. Expire the one that is not used any more under its own path and domain, or rename Cookie.Name."
            : "It is not one of this application's.");
    }

    // The session is the request's before the application hears of it: whatever a handler calls may use it.
    private ValueTask AcceptAsync(RequestSession session, in LoadedSession loaded, in RecordTouch touch)
    {
        if (loaded is { Lost: { } expired, PreviousEnd: SessionEndReason.Expired })
        {
            return EndExpiredAsync(session, expired, loaded, touch);
        }

        if (!session.TryAccept(loaded))
        {
            return ValueTask.CompletedTask;
        }

        loaded.Report?.Invoke();
        return loaded.Lost is { } lost ? NoticeAsync(session, lost, loaded.PreviousEnd!.Value, loaded.IsRecognised)
            : loaded is { TokenAge: TokenAge.Next, Record: { } record } && session.MayRotate ? SessionRotation.PromoteAsync(session, record)
            : ValueTask.CompletedTask;
    }

    // Between the load and the end a long request may have used the session, and then it lives on.
    private async ValueTask EndExpiredAsync(RequestSession session, SessionRecord expired, LoadedSession loaded, RecordTouch touch)
    {
        var (ended, fault) = await ending.EndExpiredAsync(expired);
        var found = loaded;
        if (!ended)
        {
            try
            {
                found = Judge(loaded.Token, await store.LoadAsync(expired.Id, touch), touch);
            }
            catch (SessionStoreException exception)
            {
                found = loaded with { Report = () => logger.StoreFailed("load", expired.Id, exception.Message) };
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

    private LoadedSession Judge(SessionToken token, SessionLookup lookup, RecordTouch touch)
    {
        if (lookup.Record is not { } record)
        {
            return Missing(token, lookup.Status, lookup.EndReason ?? SessionEndReason.Invalid);
        }

        if (record.AgeOf(touch.SecretHash, touch.Now) is not { } age)
        {
            return Replaced(token, lookup, record, touch);
        }

        if (lifetime.IsExpired(record, touch.Now))
        {
            return Dead(token, record, SessionEndReason.Expired, "expired");
        }

        if (lookup.EndReason is { } ended)
        {
            return Dead(token, record, ended, "ended");
        }

        return Living(token, lookup, record, age, touch);
    }

    private LoadedSession Living(SessionToken token, SessionLookup lookup, SessionRecord record, TokenAge age, RecordTouch touch)
    {
        var due = touch.Allowed && !lookup.Touched && lifetime.IsTouchDue(record, touch.Now);
        return new LoadedSession(
            SessionPhase.Loaded, token, record, clock.TicksUntil(record.LastSeenAt + lifetime.TouchInterval, touch.Now), IsTouchDue: due, TokenAge: age);
    }

    // An end that is found here is an end from now on: it is remembered, and the application is told, as soon as nobody waits for the load:
    // what its handler asks for may be just this.
    private ValueTask NoticeAsync(RequestSession session, SessionRecord lost, SessionEndReason reason, bool recognised)
    {
        if (reason != SessionEndReason.Replaced)
        {
            return EndAsync(session, lost, reason);
        }

        Func<ValueTask> tell = () => events.StaleTokenAsync(lost, session.Context, () => EndAsync(session, lost, SessionEndReason.Revoked));
        if (recognised)
        {
            // Not yet: a second click of a sign-in is nothing to tell of.
            session.Recognise(lost, tell);
        }
        else
        {
            session.Tell(tell);
        }

        SessionResponse.Hook(session);
        return ValueTask.CompletedTask;
    }

    private async ValueTask EndAsync(RequestSession session, SessionRecord lost, SessionEndReason reason)
    {
        await ending.NoticeAsync(lost, reason, session);
        SessionResponse.Hook(session);
    }

    private ValueTask LoseAsync(RequestSession session, SessionRecord record, SessionEndReason reason)
    {
        session.Lose(reason);
        return EndAsync(session, record, reason);
    }

    // It opens nothing and shows nothing, however lately it was replaced.
    private LoadedSession Replaced(SessionToken token, in SessionLookup lookup, SessionRecord record, in RecordTouch touch) =>
        Dead(token, record, SessionEndReason.Replaced, "replaced") with
        {
            IsRecognised = lookup.EndReason is null
                && record.WasReplacedBySignIn(touch.SecretHash, touch.Now)
                && !lifetime.IsExpired(record, touch.Now),
        };

    private LoadedSession Failed(SessionToken token, Exception exception, SessionAttribute? endpoint)
    {
        return new LoadedSession(PhaseOfFailure(endpoint), Failure: exception.Message, Report: () => logger.StoreFailed("load", token.Id, exception.Message));
    }

    private void ReportMissing(SessionToken token, SessionLookupStatus status)
    {
        metrics.CookieRejected(status switch
        {
            SessionLookupStatus.Ended => "ended",
            SessionLookupStatus.Unreadable => "damaged",
            SessionLookupStatus.Newer => "newer",
            _ => "unknown",
        });
        LogLevel level;
        switch (status)
        {
            case SessionLookupStatus.Unreadable:
                level = LevelOf(14, token.Id, LogLevel.Warning);
                logger.RecordRejected(level, token.Id);
                break;
            case SessionLookupStatus.Newer:
                level = LevelOf(15, token.Id, LogLevel.Warning);
                logger.NewerRecord(level, token.Id);
                break;
            default:
                level = LevelOf(11, token.Id);
                logger.RecordMissing(level, token.Id, status);
                break;
        }
    }

    // Methods of their own, so that a load that finds its session allocates none of their closures.
    private LoadedSession Rejected(SessionCookieStatus status) =>
        new(SessionPhase.Loaded, PreviousEnd: SessionEndReason.Invalid, Report: () => Reject(status));

    private LoadedSession Missing(SessionToken token, SessionLookupStatus status, SessionEndReason reason) =>
        new(SessionPhase.Loaded, PreviousEnd: reason, Report: () => ReportMissing(token, status));

    private LoadedSession Dead(SessionToken token, SessionRecord lost, SessionEndReason reason, string countedAs) =>
        new(SessionPhase.Loaded, token, PreviousEnd: reason, Lost: lost, Report: () => ReportDead(token, reason, countedAs));

    private void ReportDead(SessionToken token, SessionEndReason reason, string countedAs)
    {
        metrics.CookieRejected(countedAs);
        LogLevel level;
        switch (reason)
        {
            case SessionEndReason.Replaced:
                level = LevelOf(12, token.Id);
                logger.StaleToken(level, token.Id);
                break;
            case SessionEndReason.Expired:
                level = LevelOf(13, token.Id);
                logger.SessionExpired(level, token.Id);
                break;
        }
    }

    // A browser brings a dead cookie with every request it makes.
    private LogLevel LevelOf(int eventId, Guid sessionId, LogLevel level = LogLevel.Information) =>
        _recent.IsFirst(eventId, sessionId, clock.Now) ? level : LogLevel.Debug;
}
