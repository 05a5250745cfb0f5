using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Configuration;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore;

/// <summary>
/// Options of the session layer. They are validated when the application starts, and every fault is reported at once.
/// </summary>
public sealed class SessionManagerOptions
{
    private TimeSpan? _touchInterval;

    /// <summary>How long a session lives without being used. The default is 20 minutes, the least 1 millisecond. Judged from the
    /// times in the record, whatever the store's own expiry does. (NIST SP 800-63B-4, section 5.2; OWASP ASVS 5.0, 7.3.1.)</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>How long a session lives however much it is used. The default is 24 hours, counted from its creation, begun
    /// anew by a sign-in, not by a change of token. Not less than <see cref="IdleTimeout"/>. (OWASP ASVS 5.0, 7.3.2.)</summary>
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long one call of the store may take before it counts as failed. The default is 5 seconds.</summary>
    public TimeSpan IOTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How far <see cref="SessionInfo.LastSeenAt"/> may lag: a request that changes nothing writes it only when it is
    /// older than that. A session may end up to one interval early, never late. The default is the smaller of a 20th of
    /// <see cref="IdleTimeout"/> and 60 seconds; zero writes it with every request.</summary>
    public TimeSpan TouchInterval
    {
        get => _touchInterval ?? (IdleTimeout / 20 < TimeSpan.FromSeconds(60) ? IdleTimeout / 20 : TimeSpan.FromSeconds(60));
        set => _touchInterval = value;
    }

    /// <summary>
    /// Whether a request counts as use of its session, so that it keeps the session alive. The default is all requests but those that prefetch
    /// or prerender a page, as their headers <c>Sec-Purpose</c>, <c>Purpose</c>, <c>X-Purpose</c> or <c>X-Moz</c> say: a link on an open tab would keep its
    /// session alive. Set <c>_ =&gt; true</c> to count every request.
    /// </summary>
    /// <remarks>It is asked once for each request that brings a session or changes one, before the session is loaded, so it can't use the session or
    /// its user. Endpoints with <c>[Session(Touch = false)]</c> count for nothing whatever it says. When it throws, that is logged (event 43)
    /// and the request counts.</remarks>
    public Func<HttpContext, bool> CountsAsUse { get; set; } = static context => !Prefetch.Is(context);

    /// <summary>
    /// The cookie. Outside Development its name is <c>__Host-sid</c> and its policy <see cref="CookieSecurePolicy.Always"/>;
    /// in Development <c>sid</c> and <see cref="CookieSecurePolicy.SameAsRequest"/>, so that http://localhost works. It is
    /// always HttpOnly, and by default SameSite=Lax, Path=/, essential and not persistent. A <see cref="CookieBuilder.MaxAge"/> must not be shorter than <see cref="AbsoluteTimeout"/>: nothing
    /// renews the cookie while its token stays. What browsers would refuse, or ignore, stops the application at its start: in the name,
    /// the path, the domain and the extensions. With SameSite=Strict, a request from another site begins no session unless it signs in: its browser may
    /// have one whose cookie it did not send (event 44). (RFC 6265bis; OWASP ASVS 5.0, 3.3.)
    /// </summary>
    public CookieBuilder Cookie { get; set; } = new SessionCookieBuilder();

    /// <summary>The prefix of every key in the store. The default is <c>session:</c>. Give each of several applications that share a
    /// store its own, or one accepts the other's tokens. It has no control characters. The Redis store has an option of the same name, for
    /// one that differs.</summary>
    public string KeyPrefix { get; set; } = "session:";

    /// <summary>How long a token is used before the next one is issued to the browser. The default is <see langword="null"/>: only
    /// sign-ins, sign-outs and <see cref="ISessionManager.RotateToken"/> change it. The current token stays valid until the next is first
    /// seen, and 5 seconds more for requests in flight, so a lost response signs nobody out. At least 1 second and
    /// below <see cref="AbsoluteTimeout"/>, or it would never come due. The next token comes with the response of a request that used the
    /// session, never with a file or a page that did not.</summary>
    public TimeSpan? TokenRotationInterval { get; set; }

    /// <summary>The most sessions a user may be signed in to at once. The default is <see langword="null"/>: no limit. Exact on Redis,
    /// also when sign-ins race; on a plain cache each process counts the sessions it has made or loaded. (OWASP ASVS 5.0, 7.1.2.)</summary>
    public int? MaxSessionsPerUser { get; set; }

    /// <summary>What a sign-in does that would exceed <see cref="MaxSessionsPerUser"/>. The default is
    /// <see cref="OnSessionLimit.RevokeOldest"/>.</summary>
    public OnSessionLimit OnSessionLimit { get; set; }

    /// <summary>Whether the user agent and the address of the connection are kept with a session, as they were when it began and when its
    /// user last signed in: <see cref="SessionInfo.UserAgent"/>, <see cref="SessionInfo.RemoteIpAddress"/>. The default is
    /// <see langword="false"/>. They are personal data, and no proof of anything. The address is the connection's, so behind a proxy
    /// <c>UseForwardedHeaders</c> has to come first; no header is read here.</summary>
    public bool TrackClientInfo { get; set; }

    /// <summary>What the application does when a session begins, changes hands or ends. The default does nothing. That a session has expired is
    /// noticed when its token is next brought.</summary>
    public SessionManagerEvents Events { get; set; } = new();

    /// <summary>The largest value, in stored bytes. The default is 262,144 (256 KB).</summary>
    public int MaxValueBytes { get; set; } = 256 * 1024;

    /// <summary>The largest session: the bytes of all its keys and values. The default is 1,048,576 (1 MB). Checked against
    /// what the request sees; parallel requests together may exceed it by what was in flight.</summary>
    public int MaxSessionBytes { get; set; } = 1024 * 1024;

    /// <summary>The most values a session may have. The default is 256.</summary>
    public int MaxKeys { get; set; } = 256;

    /// <summary>The longest key, in bytes of UTF-8. The default is 256; 65,535 is the most there can be.</summary>
    public int MaxKeyBytes { get; set; } = 256;

    /// <summary>What <see cref="ISessionManager.ClearSession"/> removes. The default is <see cref="ClearSessionScope.UserId"/>.</summary>
    public ClearSessionScope ClearSessionScope { get; set; }

    /// <summary>Whether the response to a sign-out or a destroy, once that is saved, sends <c>Clear-Site-Data: "prefetchCache", "prerenderCache"</c>, so
    /// that the browser shows no page which it prefetched or prerendered while the user was signed in. The default is
    /// <see langword="false"/>. It is added to a header of that name which the application set itself. Browsers heed it over https and on localhost
    /// alone, and not all of them know these two; <c>"cache"</c>, which more of them know, is the application's to set. (W3C Clear Site Data;
    /// OWASP ASVS 5.0, 7.4.1.)</summary>
    public bool ClearSiteData { get; set; }

    /// <summary>Whether an anonymous session's values (a cart) survive the sign-in. The default is <see langword="true"/>.
    /// Values of a different user never do.</summary>
    public bool KeepValuesOnSignIn { get; set; } = true;

    /// <summary>What a request gets whose session could not be loaded. The default is
    /// <see cref="StoreFailureMode.Fail"/>; an endpoint can choose its own with <see cref="SessionAttribute"/>.</summary>
    public StoreFailureMode StoreFailureMode { get; set; }

    /// <summary>When the session of a request is loaded. The default is <see cref="LoadMode.Eager"/>.</summary>
    public LoadMode LoadMode { get; set; }

    /// <summary>
    /// How values that are not a string, an int or a byte array are written. The default is System.Text.Json's web-neutral
    /// set-up with reflection, and with duplicate properties refused. Public fields, tuples, properties without a public setter
    /// and collections without any come back too, and what is declared as <see cref="object"/> if it is a string, a bool, an int, a
    /// long or a double that is no integer; they do so as well with options of your own that have no
    /// <see cref="JsonSerializerOptions.TypeInfoResolver"/>, of which a completed copy is used. Set the resolver of your
    /// source-generated context when you trim or publish ahead of time: what it does not bring back is refused.
    /// </summary>
    public JsonSerializerOptions SerializerOptions { get; set; } = SessionSerializer.CreateDefaultOptions();
}
