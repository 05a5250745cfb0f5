using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Configuration;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore;

/// <summary>
/// Options of the session layer. They are validated when the application starts, and every fault is reported at once,
/// in an <see cref="Microsoft.Extensions.Options.OptionsValidationException"/>.
/// </summary>
public sealed class SessionManagerOptions
{
    private static readonly TimeSpan LongestDefaultTouchInterval = TimeSpan.FromSeconds(60);

    private TimeSpan? _touchInterval;

    /// <summary>How long a session lives without being used. The default is 20 minutes, the minimum 1 millisecond, the
    /// maximum 3,650 days. The core decides by the times in the record; the expiry of the store only frees memory.
    /// (NIST SP 800-63B-4, section 5.2; OWASP ASVS 5.0, 7.3.1.)</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>How long a session lives even when it is used. The time is counted from the creation of the session,
    /// and again from each sign-in. A new token does not extend it. The default is 24 hours, the minimum
    /// <see cref="IdleTimeout"/>, the maximum 3,650 days. (OWASP ASVS 5.0, 7.3.2.)</summary>
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a session with a persistent cookie ("remember me") lives without being used, unless its
    /// sign-in asks for less. The default is 14 days, the minimum 1 millisecond, the maximum 3,650 days. A sign-in that
    /// asks for more is refused. A changed setting applies to the sessions that are there too.</summary>
    /// <remarks>NIST SP 800-63B-4 allows 30 days without a new authentication at AAL1, recommends 24 hours with 1 hour
    /// of inactivity at AAL2, and 12 hours with 15 minutes at AAL3. So don't offer persistent sessions where AAL2 is
    /// wanted.</remarks>
    public TimeSpan PersistentIdleTimeout { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long a session with a persistent cookie lives even when it is used, counted from the sign-in,
    /// unless its sign-in asks for less. The default is 30 days, the minimum <see cref="PersistentIdleTimeout"/>, the
    /// maximum 3,650 days. A sign-in that asks for more is refused. A changed setting applies to the sessions that are
    /// there too. (NIST SP 800-63B-4, section 2.1.3.)</summary>
    public TimeSpan PersistentAbsoluteTimeout { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long one call of the store may take. A call that takes longer has failed. One request may wait
    /// twice as long for the store altogether. Answers within a fiftieth of the timeout do not count. The default is 5
    /// seconds, the minimum 1 millisecond, the maximum 10 minutes.</summary>
    public TimeSpan IOTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How far <see cref="SessionInfo.LastSeenAt"/> may lag. A request that changes nothing writes
    /// <see cref="SessionInfo.LastSeenAt"/> only when the stored time is older than this interval. A session may end up
    /// to one interval early, and never late. The default is a 20th of <see cref="IdleTimeout"/>, or 60 seconds if that
    /// is shorter. Zero writes with every request. The interval is at least 1 millisecond below
    /// <see cref="IdleTimeout"/>.</summary>
    public TimeSpan TouchInterval
    {
        get => _touchInterval
            ?? (IdleTimeout / 20 < LongestDefaultTouchInterval ? IdleTimeout / 20 : LongestDefaultTouchInterval);
        set => _touchInterval = value;
    }

    /// <summary>
    /// Decides whether a request counts as use of its session, and so keeps the session alive. By default every request
    /// counts, except a request that prefetches or prerenders a page (header <c>Sec-Purpose</c>, <c>Purpose</c>,
    /// <c>X-Purpose</c> or <c>X-Moz</c>): otherwise a link on an open tab would keep the session alive. Set
    /// <c>_ =&gt; true</c> to count every request.
    /// </summary>
    /// <remarks>The function runs once for each request that brings or changes a session, before the session is loaded.
    /// It can use neither the session nor its user. A request to an endpoint with <c>[Session(Touch = false)]</c> never
    /// counts. When the function throws, the exception is logged (event 43) and the request counts.</remarks>
    public Func<HttpContext, bool> CountsAsUse { get; set; } = static context => !Prefetch.Is(context);

    /// <summary>
    /// The session cookie. By default it is HttpOnly, SameSite=Lax, Path=/ and essential, and ends with the browser.
    /// Outside Development its name is <c>__Host-sid</c> and its policy <see cref="CookieSecurePolicy.Always"/>. In
    /// Development its name is <c>sid</c> and its policy <see cref="CookieSecurePolicy.SameAsRequest"/>, so that
    /// http://localhost works. (RFC 6265bis; OWASP ASVS 5.0, 3.3.)
    /// </summary>
    /// <remarks>
    /// <para>A name, path, domain or extension that browsers refuse or ignore stops the start of the application, and
    /// so does a cookie that is not HttpOnly. A <see cref="CookieBuilder.MaxAge"/> is not shorter than
    /// <see cref="AbsoluteTimeout"/>, because the cookie is not renewed while its token stays.</para>
    /// <para>With SameSite=Strict, a request from another site begins no session unless it signs in: the browser may
    /// have a session whose cookie it did not send (event 44).</para>
    /// </remarks>
    public CookieBuilder Cookie { get; set; } = new SessionCookieBuilder();

    /// <summary>The prefix of every key in the store. The default is <c>session:</c>. It may be empty, and has no
    /// control characters. Applications that share a store need different prefixes: with the same prefix an application
    /// accepts the tokens of the other applications. The Redis store has an option of the same name.</summary>
    public string KeyPrefix { get; set; } = "session:";

    /// <summary>How long a token is used before the browser gets the next token. The default is <see langword="null"/>:
    /// only sign-ins, sign-outs and <see cref="ISessionManager.RotateToken"/> replace the token. The minimum is 1
    /// second, and the interval is below <see cref="AbsoluteTimeout"/>.</summary>
    /// <remarks>The current token stays valid until the next token is first seen, and 5 seconds longer for requests in
    /// flight, so a lost response signs nobody out. The next token is sent with the response of a request that used the
    /// session. It is not sent with a file, or with a page that does not use the session.</remarks>
    public TimeSpan? TokenRotationInterval { get; set; }

    /// <summary>The number of sessions that a user may be signed in to at once. The default is <see langword="null"/>:
    /// no limit. The limit is exact, also when sign-ins race. Only on a plain cache, two nodes on which a user signs in
    /// at the same moment may miss one of the two. (OWASP ASVS 5.0, 7.1.2.)</summary>
    public int? MaxSessionsPerUser { get; set; }

    /// <summary>What happens at a sign-in of a user who has <see cref="MaxSessionsPerUser"/> sessions. The default is
    /// <see cref="SessionLimitBehavior.RevokeOldest"/>.</summary>
    public SessionLimitBehavior SessionLimitBehavior { get; set; }

    /// <summary>Whether a session keeps the user agent and the IP address of the request that began it or last signed
    /// in to it: <see cref="SessionInfo.UserAgent"/> and <see cref="SessionInfo.RemoteIpAddress"/>. The default is
    /// <see langword="false"/>. Both are personal data, and neither proves anything. Behind a proxy, call
    /// <c>UseForwardedHeaders</c> first: the address is that of the connection, and no header is read for it.</summary>
    public bool TrackClientInfo { get; set; }

    /// <summary>What the application does when a session begins, changes its user or its token, or ends. The default
    /// does nothing.</summary>
    public SessionManagerEvents Events { get; set; } = new();

    /// <summary>The size limit of a value, in stored bytes. The default is 262,144 (256 KB). The limit is not above
    /// <see cref="MaxSessionBytes"/>.</summary>
    public int MaxValueBytes { get; set; } = 256 * 1024;

    /// <summary>The size limit of a session: the bytes of all its keys and values. The default is 1,048,576 (1 MB), the
    /// maximum 536,870,912 (512 MB). The limit is checked against what the request sees. Parallel requests may together
    /// exceed it by the changes that were in flight.</summary>
    public int MaxSessionBytes { get; set; } = 1024 * 1024;

    /// <summary>The number of values that a session may have. The default is 256, the maximum 1,000,000.</summary>
    public int MaxKeys { get; set; } = 256;

    /// <summary>The size limit of a key, in bytes of UTF-8. The default is 256, the maximum 65,535.</summary>
    public int MaxKeyBytes { get; set; } = 256;

    /// <summary>What a sign-out removes. The default is <see cref="ClearSessionScope.UserId"/>: the values
    /// stay.</summary>
    public ClearSessionScope ClearSessionScope { get; set; }

    /// <summary>Whether the response to a sign-out or a destroy has the header
    /// <c>Clear-Site-Data: "prefetchCache", "prerenderCache"</c>, so that the browser shows no page that it prefetched
    /// or prerendered while the user was signed in. The default is <see langword="false"/>. (W3C Clear Site Data; OWASP
    /// ASVS 5.0, 7.4.1.)</summary>
    /// <remarks>The two types are added to a header of the same name that the application sets. Browsers obey the
    /// header over https and on localhost only, and some browsers don't know these types. More browsers know
    /// <c>"cache"</c>, which the application can set itself.</remarks>
    public bool ClearSiteData { get; set; }

    /// <summary>Whether the values of an anonymous session, such as a cart, are kept at the sign-in. The default is
    /// <see langword="true"/>. The values of a different user are never kept.</summary>
    public bool KeepValuesOnSignIn { get; set; } = true;

    /// <summary>Whether a session goes on at the callback of a remote authentication scheme, such as OpenID Connect,
    /// when the provider posts its answer. Otherwise the sign-in begins a session of its own, because the browser
    /// withholds the session cookie from a form that another site posts. The default is
    /// <see langword="false"/>.</summary>
    /// <remarks>The response that sends the user to the provider sets a second cookie, <c>__Secure-sid-callback.*</c>,
    /// with <c>SameSite=None</c> for the path of the callback. It names the session for 15 minutes and once, and has
    /// nothing of the session's token. It needs https. A provider that redirects needs no such cookie.</remarks>
    public bool KeepSessionAcrossCallback { get; set; }

    /// <summary>What a request gets when its session can't be loaded. The default is
    /// <see cref="StoreFailureMode.Fail"/>. An endpoint can choose another mode with
    /// <see cref="SessionAttribute"/>.</summary>
    public StoreFailureMode StoreFailureMode { get; set; }

    /// <summary>When the session of a request is loaded. The default is <see cref="LoadMode.Eager"/>.</summary>
    public LoadMode LoadMode { get; set; }

    /// <summary>
    /// How System.Text.Json writes values that are not a string, an int or a byte array. The default uses reflection
    /// and refuses duplicate properties. Set the resolver of your source-generated context when you trim the
    /// application or publish it ahead of time. A value that the options don't bring back equal is refused.
    /// </summary>
    /// <remarks>With the default options these come back too: public fields, tuples, properties and collections without
    /// a public setter, and, in a member that is declared as <see cref="object"/>, a string, a bool, an int, a long and
    /// a double that is not an integer. The same holds for options of your own that have no
    /// <see cref="JsonSerializerOptions.TypeInfoResolver"/>: a completed copy of them is used.</remarks>
    public JsonSerializerOptions SerializerOptions { get; set; } = SessionSerializer.CreateDefaultOptions();
}
