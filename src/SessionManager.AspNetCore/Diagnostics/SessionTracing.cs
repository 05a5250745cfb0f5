using System.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>The spans of the package. No tag names a user, a session, a key or a value.</summary>
internal static class SessionTracing
{
    public const string SourceName = "SessionManager.AspNetCore";

    private static readonly ActivitySource Source = new(SourceName);

    public static bool IsObserved => Source.HasListeners();

    public static Activity? StartLoad(string store) =>
        Source.StartActivity("session load")?.SetTag("session_manager.store.name", store);

    public static Activity? StartCommit(SessionCommit commit, string store)
    {
        var activity = Source.StartActivity("session commit");
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("session_manager.store.name", store)
                .SetTag("session_manager.commit.creates", commit.Creates)
                .SetTag("session_manager.commit.changes", commit.Values?.Count ?? 0)
                .SetTag(
                    "session_manager.commit.size",
                    commit.Values?.Sum(change => Math.Max(0L, (change.Value?.Length ?? 0) - 1)) ?? 0);
        }

        return activity;
    }

    public static void Loaded(Activity? activity, SessionLookup found)
    {
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("session_manager.load.outcome", OutcomeOf(found))
                .SetTag("session_manager.record.values", found.Record?.Values.Count)
                .SetTag("session_manager.record.size", found.Record?.ValueBytes);
        }
    }

    public static void Committed(Activity? activity, string outcome) =>
        activity?.SetTag("session_manager.commit.outcome", outcome);

    public static void Failed(Activity? activity, Exception error)
    {
        if (activity is not null && error is not OperationCanceledException)
        {
            activity.SetTag("error.type", SessionMetrics.TypeOf(error)).SetStatus(ActivityStatusCode.Error);
        }
    }

    private static string OutcomeOf(SessionLookup found) => (found.Status, found.EndReason) switch
    {
        (SessionLookupStatus.Found, null) => "found",
        (SessionLookupStatus.Found or SessionLookupStatus.Ended, _) => "ended",
        (SessionLookupStatus.Unreadable, _) => "unreadable",
        (SessionLookupStatus.Newer, _) => "newer",
        _ => "not_found",
    };
}
