using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Reads the token from the raw <c>Cookie</c> header, and writes and expires the cookie.</summary>
internal sealed class SessionCookie(IOptions<SessionManagerOptions> options, ILogger<SessionCookie> logger)
{
    private const int MostCandidates = 4;

    private readonly CookieBuilder _cookie = options.Value.Cookie;
    private readonly string _name = options.Value.Cookie.Name!;
    private int _warnedOfPlainHttp;

    /// <summary>Whether the cookie must not be sent, because the user has not consented to it or has withdrawn the
    /// consent.</summary>
    public bool IsConsentMissing(HttpContext context) =>
        !_cookie.IsEssential && context.Features.Get<ITrackingConsentFeature>() is { CanTrack: false };

    /// <summary>
    /// Reads the token from the header. <c>Request.Cookies</c> would ignore the case of names, return only the last of
    /// several cookies, and decode percent signs. The method reads the header once, and allocates only when there are
    /// several values.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="token">The token, when there is one value.</param>
    /// <param name="candidates">The tokens, when there are several different values.</param>
    public SessionCookieStatus Read(HttpContext context, out SessionToken token, out List<SessionToken>? candidates)
    {
        (token, candidates) = (default, null);

        // By type, as RequestSession finds itself.
        var headers = ((IHttpRequestFeature)context.Features[typeof(IHttpRequestFeature)]!).Headers.Cookie;
        if (headers.Count == 0)
        {
            return SessionCookieStatus.None;
        }

        var found = ReadOnlySpan<char>.Empty;
        var (any, differ) = (false, false);
        foreach (var header in headers)
        {
            var rest = header.AsSpan();
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf(';');
                var pair = end < 0 ? rest : rest[..end];
                rest = end < 0 ? default : rest[(end + 1)..];
                if (!TryGetValue(pair, out var value))
                {
                    continue;
                }

                if (!any)
                {
                    found = value;
                    any = true;
                }
                else if (differ || !value.SequenceEqual(found))
                {
                    candidates ??= Parse(found);
                    differ = true;
                    if (!TryAdd(candidates, value))
                    {
                        return SessionCookieStatus.Ambiguous;
                    }
                }
            }
        }

        return !any ? SessionCookieStatus.None
            : differ ? candidates is { Count: > 0 } ? SessionCookieStatus.Several : SessionCookieStatus.Ambiguous
            : SessionToken.TryParse(found, out token) ? SessionCookieStatus.WellFormed
            : SessionCookieStatus.Malformed;
    }

    /// <summary>The <c>SameSite</c> attribute of the cookie.</summary>
    public SameSiteMode SameSiteOf(HttpContext context) => _cookie.Build(context).SameSite;

    /// <summary>Sets the cookie of the response to the token, once. The cookie of a persistent session lasts as long as
    /// the session can.</summary>
    public void Write(RequestSession session, SessionToken token)
    {
        var context = session.Context;
        var cookie = _cookie.Build(context);
        if (session.Record is { IsPersistent: true } record)
        {
            cookie.MaxAge = session.Services.Lifetime.EndsAt(record) - session.Services.Now;
        }

        if (cookie.Secure && !context.Request.IsHttps && Interlocked.Exchange(ref _warnedOfPlainHttp, 1) == 0)
        {
            logger.SecureCookieOnPlainHttp(_name);
        }

        RemoveFrom(context.Response);
        context.Response.Cookies.Append(_name, token.Encode(), cookie);
    }

    /// <summary>Expires the cookie with all its attributes, because browsers refuse the deletion of a <c>__Host-</c>
    /// cookie without them (RFC 6265bis, section 4.1.3.2).</summary>
    public void Expire(HttpContext context)
    {
        var cookie = _cookie.Build(context);
        cookie.Expires = DateTimeOffset.UnixEpoch;
        cookie.MaxAge = null;

        // The end of a cookie needs no consent.
        cookie.IsEssential = true;
        RemoveFrom(context.Response);
        context.Response.Cookies.Append(_name, "", cookie);
    }

    private static List<SessionToken> Parse(ReadOnlySpan<char> value) =>
        SessionToken.TryParse(value, out var token) ? [token] : [];

    // The list is limited to the number of lookups. A value that is no token opens nothing, so it is left out.
    private static bool TryAdd(List<SessionToken> candidates, ReadOnlySpan<char> value)
    {
        if (!SessionToken.TryParse(value, out var token) || candidates.Exists(known => known.IsSame(token)))
        {
            return true;
        }

        candidates.Add(token);
        return candidates.Count <= MostCandidates;
    }

    private bool TryGetValue(ReadOnlySpan<char> pair, out ReadOnlySpan<char> value)
    {
        pair = pair.Trim(" \t");
        var isOurs = pair.Length > _name.Length
            && pair[_name.Length] == '='
            && pair.StartsWith(_name, StringComparison.Ordinal);
        value = isOurs ? pair[(_name.Length + 1)..] : default;
        return isOurs;
    }

    private void RemoveFrom(HttpResponse response)
    {
        var present = response.Headers.SetCookie;
        if (present.Count > 0 && present.Any(IsOurs))
        {
            response.Headers.SetCookie = new StringValues([.. present.Where(header => !IsOurs(header))]);
        }

        bool IsOurs(string? header) =>
            header is not null
            && header.Length > _name.Length
            && header[_name.Length] == '='
            && header.StartsWith(_name, StringComparison.Ordinal);
    }
}
