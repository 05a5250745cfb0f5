using System.Diagnostics;
using System.Diagnostics.Metrics;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Every instrument of the package. No attribute names a user, a session or a key, and none has more than a dozen values.</summary>
internal sealed class SessionMetrics
{
    public const string MeterName = "SessionManager.AspNetCore";

    private readonly Counter<long> _created;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _signIns;
    private readonly Counter<long> _rotated;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _commits;
    private readonly Histogram<double> _operations;
    private readonly ObservableUpDownCounter<long> _live;

    public SessionMetrics(IMeterFactory meters, LiveSessions live, SessionClock clock)
    {
        var meter = meters.Create(MeterName);
        _created = meter.CreateCounter<long>("session_manager.sessions.created", "{session}", "Sessions that were begun.");
        _ended = meter.CreateCounter<long>("session_manager.sessions.ended", "{session}", "Sessions that ended, by the reason.");
        _signIns = meter.CreateCounter<long>("session_manager.sign_ins", "{sign_in}", "Sign-ins, also of a user who was signed in already.");
        _rotated = meter.CreateCounter<long>("session_manager.tokens.rotated", "{token}", "Tokens that were replaced other than by a sign-in.");
        _rejected = meter.CreateCounter<long>("session_manager.cookies.rejected", "{cookie}", "Cookies that opened no session, by the cause.");
        _commits = meter.CreateCounter<long>("session_manager.commits", "{commit}", "Commits, by what became of them.");
        _operations = meter.CreateHistogram(
            "session_manager.store.operation.duration",
            "s",
            "How long the operations of the store took.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] });
        _live = meter.CreateObservableUpDownCounter(
            "session_manager.sessions.live", () => Describe(live.Count(clock.Now)), "{session}", "Living sessions that this process has used.");
    }

    /// <summary>Whether anybody listens to what is measured around the store.</summary>
    public bool ObservesStore => _operations.Enabled || _commits.Enabled || _live.Enabled;

    public void Created() => _created.Add(1);

    public void Ended(SessionEndReason reason)
    {
        if (_ended.Enabled)
        {
            _ended.Add(1, new KeyValuePair<string, object?>("session_manager.end.reason", reason switch
            {
                SessionEndReason.Expired => "expired",
                SessionEndReason.SignedOut => "signed_out",
                _ => "revoked",
            }));
        }
    }

    public void SignedIn() => _signIns.Add(1);

    public void TokenRotated() => _rotated.Add(1);

    /// <summary>A request brought a cookie that opened no session.</summary>
    /// <param name="cause">Why: one of a few constants.</param>
    public void CookieRejected(string cause) => _rejected.Add(1, new KeyValuePair<string, object?>("session_manager.rejection.cause", cause));

    public void Committed(string outcome) => _commits.Add(1, new KeyValuePair<string, object?>("session_manager.commit.outcome", outcome));

    /// <summary>An operation of the store has ended.</summary>
    /// <param name="operation">Which: one of a few constants.</param>
    /// <param name="store">The store's name.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="error">What it failed with, if it failed.</param>
    public void StoreOperation(string operation, string store, TimeSpan elapsed, Exception? error)
    {
        if (!_operations.Enabled)
        {
            return;
        }

        var tags = new TagList
        {
            { "session_manager.store.operation", operation },
            { "session_manager.store.name", store },
            { "session_manager.store.outcome", OutcomeOf(error) },
        };
        if (error is not null)
        {
            tags.Add("error.type", TypeOf(error));
        }

        _operations.Record(elapsed.TotalSeconds, tags);
    }

    /// <summary>A call that its caller gave up is no fault of the store.</summary>
    public static string OutcomeOf(Exception? error) => error switch
    {
        null => "ok",
        OperationCanceledException => "canceled",
        _ => "failed",
    };

    /// <summary>A fault as OpenTelemetry names it in <c>error.type</c>.</summary>
    public static string TypeOf(Exception error) => error is SessionStoreException { IsTimeout: true } ? "timeout" : error.GetType().FullName!;

    private static IEnumerable<Measurement<long>> Describe((int Anonymous, int SignedIn) count) =>
    [
        new(count.SignedIn, new KeyValuePair<string, object?>("session_manager.session.signed_in", true)),
        new(count.Anonymous, new KeyValuePair<string, object?>("session_manager.session.signed_in", false)),
    ];
}
