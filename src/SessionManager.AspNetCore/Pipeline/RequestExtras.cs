using Microsoft.Extensions.Primitives;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>State that few requests have, so that the other requests don't allocate it.</summary>
internal sealed class RequestExtras
{
    private Func<ValueTask>? _tellStale;
    private StoreBudget? _budget;

    /// <summary>The session of the outer request.</summary>
    public RequestSession? Outer { get; init; }

    /// <summary>The headers that the response had when <c>UseSessionManager</c> got the request.</summary>
    public KeyValuePair<string, StringValues>[]? HeadersAtEntry { get; set; }

    /// <summary>The message of a failed load.</summary>
    public string? Failure { get; set; }

    /// <summary>The session whose token has just been replaced by a sign-in. If the request signs the same user in with
    /// the old token, it continues in that session.</summary>
    public SessionRecord? Recognised { get; set; }

    /// <summary>The session whose principal the request has rejected.</summary>
    public SessionRecord? Rejected { get; set; }

    /// <summary>Whether an authentication scheme changes the session at this moment, which it may do in front of
    /// <c>UseSessionManager</c>.</summary>
    public bool IsChangedByScheme { get; set; }

    /// <summary>The time that the request may wait for the store; <see langword="null"/> before the first wait. A
    /// request within another request shares the time of the outer request.</summary>
    public StoreBudget? KnownBudget => Outer is IBudgetedRequest outer ? outer.KnownBudget : _budget;

    public StoreBudget BudgetOf(SessionManagerOptions options) => Outer is IBudgetedRequest outer
        ? outer.Budget
        : _budget
            ?? Interlocked.CompareExchange(ref _budget, new(options.IOTimeout, TimeProvider.System), null)
            ?? _budget;

    public void Recognise(SessionRecord record, Func<ValueTask> tellStale) =>
        (Recognised, _tellStale) = (record, tellStale);

    /// <summary>Signs the user out whose principal the outer request has rejected.</summary>
    public void RejectAsOuter(RequestSession session)
    {
        if (Outer?.KnownExtras?.Rejected is { } rejected
            && session.Record is { } record
            && rejected.Id == record.Id
            && rejected.AuthenticatedAt == record.AuthenticatedAt)
        {
            SessionGuard.Reject(session);
        }
    }

    /// <summary>Drops the event of the stale token, because the request continued in the recognised session.</summary>
    public void ForgetStale() => _tellStale = null;

    /// <summary>Returns the event of the stale token once, unless the request continued in the recognised
    /// session.</summary>
    public Func<ValueTask>? TakeStale() => Interlocked.Exchange(ref _tellStale, null);
}
