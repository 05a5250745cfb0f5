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
        && session.Record is not null
        && session.Context.Response is { HasStarted: false, Headers.SetCookie.Count: > 0 } response
        && CallbackCookie.ChallengedPath(response, CorrelationNamesOf(session.Context)) is not null;

    /// <summary>Keeps the session for the callback. If the store fails, the callback begins a session of its
    /// own.</summary>
    public async ValueTask KeepAsync(RequestSession session)
    {
        var context = session.Context;
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

    /// <summary>Returns the text of a callback's cookie; <see langword="null"/> when the request is no callback from
    /// another site, or has no such cookie.</summary>
    public string? Find(HttpContext context) =>
        _keeps && CrossSite.Is(context) ? cookie.Read(context) : null;

    /// <summary>Takes the session that was kept for a callback.</summary>
    /// <param name="context">The request.</param>
    /// <param name="text">The text of the cookie.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The id of the session; <see langword="null"/> when none was kept for this path, when it was taken
    /// before, and when the user took too long.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public async ValueTask<Guid?> TakeAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        var path = context.Request.PathBase.Add(context.Request.Path).Value ?? "";
        var id = IdOf(text, path);
        var kept = await store.LoadAsync(id, cancellationToken);
        var found = HeaderCodec.Decode(kept);
        if (kept is null
            || found.Status != SessionLookupStatus.Pointer
            || kept.LastSeenAt + Timeout <= clock.Now
            || !(await store.WriteAsync(
                SessionWrites.Tombstone(id, SessionEndReason.SignedOut, found, clock.Now, lifetime),
                cancellationToken)).IsSwapped)
        {
            logger.CallbackIgnored();
            return null;
        }

        cookie.Expire(context, path);
        return HeaderCodec.TargetOf(kept);
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
