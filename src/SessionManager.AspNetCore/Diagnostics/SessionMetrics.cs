using System.Diagnostics;
using System.Diagnostics.Metrics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>All instruments of the package. No attribute names a user, a session or a key, and no attribute has more
/// than a dozen values.</summary>
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
        _created = meter.CreateCounter<long>(
            "session_manager.sessions.created", "{session}", "Sessions that began.");
        _ended = meter.CreateCounter<long>(
            "session_manager.sessions.ended", "{session}", "Sessions that ended, by reason.");
        _signIns = meter.CreateCounter<long>(
            "session_manager.sign_ins", "{sign_in}", "Sign-ins, including those of a user who was signed in already.");
        _rotated = meter.CreateCounter<long>(
            "session_manager.tokens.rotated", "{token}", "Tokens that were replaced without a sign-in.");
        _rejected = meter.CreateCounter<long>(
            "session_manager.cookies.rejected", "{cookie}", "Cookies that opened no session, by cause.");
        _commits = meter.CreateCounter<long>("session_manager.commits", "{commit}", "Commits, by what became of them.");
        _operations = meter.CreateHistogram(
            "session_manager.store.operation.duration",
            "s",
            "How long the operations of the store took.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
            });
        _live = meter.CreateObservableUpDownCounter(
            "session_manager.sessions.live",
            () => Describe(live.Count(clock.Now)),
            "{session}",
            "Living sessions that this process has used.");
    }

    /// <summary>Whether a listener observes the calls of the store.</summary>
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

    /// <summary>Counts a cookie that opened no session.</summary>
    /// <param name="cause">The cause, one of a few constants.</param>
    public void CookieRejected(string cause) =>
        _rejected.Add(1, new KeyValuePair<string, object?>("session_manager.rejection.cause", cause));

    public void Committed(string outcome) =>
        _commits.Add(1, new KeyValuePair<string, object?>("session_manager.commit.outcome", outcome));

    /// <summary>Records an operation of the store.</summary>
    /// <param name="operation">The operation, one of a few constants.</param>
    /// <param name="store">The store's name.</param>
    /// <param name="elapsed">The duration.</param>
    /// <param name="error">The exception of a failed operation.</param>
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

    /// <summary>Counts a commit by its outcome.</summary>
    public static string OutcomeOf(SessionCommitOutcome outcome) => outcome switch
    {
        SessionCommitOutcome.Committed => "committed",
        SessionCommitOutcome.Conflict => "conflict",
        _ => "refused",
    };

    /// <summary>A call that the caller cancelled is no fault of the store.</summary>
    public static string OutcomeOf(Exception? error) => error switch
    {
        null => "ok",
        OperationCanceledException => "canceled",
        _ => "failed",
    };

    /// <summary>Returns the value of <c>error.type</c> (OpenTelemetry) for a fault.</summary>
    public static string TypeOf(Exception error) =>
        error is SessionStoreException { IsTimeout: true } or SessionStoreException { IsBudgetSpent: true }
            ? "timeout"
            : error.GetType().FullName!;

    private static IEnumerable<Measurement<long>> Describe((int Anonymous, int SignedIn) count) =>
    [
        new(count.SignedIn, new KeyValuePair<string, object?>("session_manager.session.signed_in", true)),
        new(count.Anonymous, new KeyValuePair<string, object?>("session_manager.session.signed_in", false)),
    ];
}
