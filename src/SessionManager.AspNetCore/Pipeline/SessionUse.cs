using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Decides whether and when a request counts as a use of its session. It is a structure, because every request has one.
/// The lock of <see cref="RequestSession"/> guards it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct SessionUse
{
    // The shortest time between two touches of one request, whatever TouchInterval is.
    private const long LeastMilliseconds = 1_000;

    private long _seenAt;
    private long _untouchedUntil;
    private bool _isSeen;

    /// <summary>Whether the request counts as a use, by the decision of the application or of the request itself;
    /// <see langword="null"/> before the application has decided.</summary>
    public bool? Counts { get; private set; }

    /// <summary>Whether a touch was due when the session was loaded, and has not been made yet.</summary>
    public bool WasTouchDue { get; private set; }

    /// <summary>Whether the session was touched at the end of the request. The end touches the session once.</summary>
    public bool HasTouchedAtEnd { get; set; }

    /// <summary>The time of the last use, as far as this request knows.</summary>
    public readonly DateTimeOffset SeenAt => DateTimeOffset.FromUnixTimeMilliseconds(_seenAt);

    /// <summary>Takes the times of a loaded session.</summary>
    public void Load(in LoadedSession loaded)
    {
        (WasTouchDue, _untouchedUntil) = (loaded.IsTouchDue, loaded.UntouchedUntil);
        _seenAt = loaded.Record?.LastSeenAt.ToUnixTimeMilliseconds() ?? 0;
    }

    /// <summary>Marks the session as used by this request.</summary>
    /// <param name="now">The time.</param>
    /// <param name="touches">Whether the request counts as a use.</param>
    public void See(DateTimeOffset now, bool touches)
    {
        (_seenAt, _isSeen, _untouchedUntil) = (Math.Max(_seenAt, now.ToUnixTimeMilliseconds()), true, 0);
        WasTouchDue &= !touches;
    }

    /// <summary>Whether a touch by this request is due.</summary>
    public readonly bool IsDue(RequestSession session, DateTimeOffset now)
    {
        var lifetime = session.Services.Lifetime;
        return now.ToUnixTimeMilliseconds() - _seenAt is > 0 and var age
            // The loaded record is enough, because a sign-in is a use.
            && session.State.Loaded is { } record
            && age >= Math.Max(
                _isSeen ? LeastMilliseconds : 0, (long)lifetime.TouchIntervalOf(record.Terms).TotalMilliseconds)
            && !lifetime.IsPastAbsoluteTimeout(record, now)
            && session.Touches;
    }

    /// <summary>Whether a touch is due at the end of the request. The tick is checked first, because a read of the
    /// clock takes ten times as long.</summary>
    public readonly bool IsDueAtEnd(RequestSession session) =>
        !HasTouchedAtEnd
        && session.State.Loaded is not null
        && (_untouchedUntil == 0 || !SessionClock.IsBefore(_untouchedUntil))
        && IsDue(session, session.Services.Now)
        && IsAtEnd(session.Context);

    /// <summary>Asks the application whether the request counts as a use.</summary>
    public bool Ask(RequestSession session)
    {
        // The application's code may use the session, and so call this method again.
        Counts = true;
        var counts = AskApplication(session) && Counts == true;
        Counts = counts;
        return counts;
    }

    /// <summary>Excludes the request from the uses of the session.</summary>
    public void Skip() => (Counts, WasTouchDue) = (false, false);

    /// <summary>Whether the end of a request is a use of its session. The end of an event stream or a socket is none,
    /// because it may stay open for hours without a user.</summary>
    public static bool IsAtEnd(HttpContext context) =>
        !context.Response.HasStarted
        || (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols
            && context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) != true
            && context.Features[typeof(IHttpExtendedConnectFeature)]
                is not IHttpExtendedConnectFeature { IsExtendedConnect: true });

    private static bool AskApplication(RequestSession session)
    {
        try
        {
            return session.Services.Options.CountsAsUse(session.Context);
        }
        catch (Exception exception)
        {
            // A fault in the application's code must not end the sessions of active users.
            session.Services.Logger.CountsAsUseFailed(exception, session.Context.TraceIdentifier);
            return true;
        }
    }
}
