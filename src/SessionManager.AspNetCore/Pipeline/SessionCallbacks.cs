using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Takes sessions across the callbacks of remote schemes. A provider that posts its answer comes from another site, so
/// the browser withholds the session cookie. The response that sends the user to the provider sets a cookie for the
/// path of the callback, and stores a pointer to the session. The id of the pointer is a digest of the cookie and the
/// path. The callback takes the pointer, once.
/// </summary>
internal sealed class SessionCallbacks(
    IOptions<SessionManagerOptions> options,
    ObservedStore store,
    SessionRepository sessions,
    RejectedLoads rejected,
    CallbackCookie cookie,
    SessionCookie sessionCookie,
    SessionLifetime lifetime,
    SessionClock clock,
    OutageLog outages,
    ILogger<SessionCallbacks> logger)
{
    /// <summary>How long a user may take at the provider. The framework's remote schemes give as much time.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromMinutes(15);

    private readonly bool _keeps = options.Value.KeepSessionAcrossCallback;
    private List<RemoteAuthenticationOptions>? _remote;

    /// <summary>Whether the response sends the user to a provider, so that its callback will need the
    /// session.</summary>
    public bool IsDue(RequestSession session) =>
        _keeps
        && session.Context.Response is { HasStarted: false, Headers.SetCookie.Count: > 0 } response
        && CallbackCookie.ChallengedPath(response, CorrelationNamesOf(session.Context)) is not null;

    /// <summary>Keeps the session for the callback. If the store fails, the callback begins a session of its
    /// own.</summary>
    public async ValueTask KeepAsync(RequestSession session)
    {
        var context = session.Context;
        await session.Services.View.LoadForUserAsync(session, CancellationToken.None);
        if (session.Record is not { } record
            || sessionCookie.IsConsentMissing(context)
            || CallbackCookie.ChallengedPath(context.Response, CorrelationNamesOf(context)) is not { } path)
        {
            return;
        }

        var text = CallbackCookie.NewText();
        try
        {
            var pointer = SessionWrites.Callback(IdOf(text, path), record, clock.Now, lifetime);
            await store.WriteAsync(pointer, CancellationToken.None);
        }
        catch (SessionStoreException exception)
        {
            outages.RequestFailed("keep", record.Id, exception);
            return;
        }

        cookie.Write(context, text, path, Timeout);
    }

    /// <summary>Whether a request is sent to the callback of a remote scheme.</summary>
    public bool IsCallback(HttpContext context) =>
        Remote(context).Exists(scheme => scheme.CallbackPath == context.Request.Path);

    /// <summary>Returns the texts of a callback's cookies. There are none when the request is not the navigation of a
    /// browser from another site to the callback of a remote scheme.</summary>
    public IReadOnlyList<string> Find(HttpContext context) =>
        _keeps && CrossSite.Is(context) && CrossSite.IsNavigation(context) && IsCallback(context)
            ? cookie.Read(context)
            : [];

    /// <summary>Loads the session that was kept for a callback into the request, once. There is none when none was kept
    /// for this path, when it was taken before or has ended, and when the user took too long.</summary>
    /// <param name="session">The session of the request.</param>
    /// <param name="texts">The texts of the cookies.</param>
    /// <param name="endpoint">The settings of the endpoint.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    public async ValueTask LoadAsync(
        RequestSession session,
        IReadOnlyList<string> texts,
        SessionAttribute? endpoint,
        CancellationToken cancellationToken)
    {
        try
        {
            // As the cookie has the path: encoded.
            var context = session.Context;
            var path = context.Request.PathBase.Add(context.Request.Path).ToUriComponent();
            foreach (var text in texts)
            {
                if (await TakeAsync(IdOf(text, path), cancellationToken) is { } record)
                {
                    cookie.Expire(context, text, path);
                    var isTouchDue = lifetime.IsTouchDue(record, clock.Now);
                    session.TryAccept(new LoadedSession(
                        LoadState.Loaded, Record: record, IsTouchDue: isTouchDue, TokenKind: TokenKind.Callback));
                    return;
                }
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failed = rejected.Failed(default, exception, endpoint);
            session.TryAccept(failed);
            failed.Report!();
            return;
        }

        session.AcceptNone();
        logger.CallbackIgnored();
    }

    private async ValueTask<SessionRecord?> TakeAsync(Guid id, CancellationToken cancellationToken)
    {
        var kept = await store.LoadAsync(id, cancellationToken);
        var found = HeaderCodec.Decode(kept);
        if (kept is null || found.Status != SessionLookupStatus.Pointer || kept.LastSeenAt + Timeout <= clock.Now)
        {
            return null;
        }

        var session = await sessions.LoadAsync(HeaderCodec.TargetOf(kept), cancellationToken);
        if (session.Living is not { } record || lifetime.IsExpired(record, clock.Now))
        {
            return null;
        }

        // The last step, so that a failure before it leaves the session to another try.
        var taken = SessionWrites.Tombstone(id, SessionEndReason.SignedOut, found, clock.Now, lifetime);
        return (await store.WriteAsync(taken, cancellationToken)).IsSwapped ? record : null;
    }

    private static Guid IdOf(string text, string path) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{text} {path}")).AsSpan(0, 16));

    private IEnumerable<string> CorrelationNamesOf(HttpContext context) =>
        Remote(context).Select(static scheme => scheme.CorrelationCookie.Name).OfType<string>();

    // The schemes that the application registers at its start.
    private List<RemoteAuthenticationOptions> Remote(HttpContext context) => _remote ??=
    [
        .. (context.RequestServices.GetService<IOptions<AuthenticationOptions>>()?.Value.Schemes ?? [])
            .Select(scheme => RemoteSchemes.OptionsOf(context.RequestServices, scheme.HandlerType, scheme.Name))
            .OfType<RemoteAuthenticationOptions>(),
    ];
}
