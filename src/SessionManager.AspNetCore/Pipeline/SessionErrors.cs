using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Why a session can't be used or changed. Each message is the fact and the remedy.</summary>
internal static class SessionErrors
{
    public static InvalidOperationException Disabled(HttpContext context) => new(
        $"The endpoint '{NameOf(context)}' has SessionMode 'Disabled', so it has no session. Remove the mode, or don't "
        + "use the session in the endpoint.");

    public static Exception NotReadable(LoadState state, string? failure) => state switch
    {
        LoadState.Failed => new SessionStoreException($"The session could not be loaded. {failure}"),
        _ => new InvalidOperationException(
            "The session is not loaded, because LoadMode is 'OnDemand'. Call 'await session.LoadAsync()' first, or set "
            + "LoadMode to 'Eager'."),
    };

    public static SessionStoreException NotLoaded(string? failure) => new(
        $"The session could not be loaded, so it can't be changed. {failure}");

    public static InvalidOperationException ReadOnly(HttpContext context) => new(
        $"The endpoint '{NameOf(context)}' has SessionMode 'ReadOnly', so it can't change the session. Set the mode to "
        + "'ReadWrite'.");

    public static InvalidOperationException NotBound() => new(
        "UseSessionManager has not run for this request yet, so a change would not be saved. Call "
        + "app.UseSessionManager() before the middleware that changes the session. Authentication and authorization "
        + "can stand before it, because they only read the session.");

    public static InvalidOperationException RequestEnded() => new(
        "The request of this session has ended, so a change can't be saved. Change the session while its request "
        + "runs.");

    public static InvalidOperationException StartingWithoutUs() => new(
        "The response is starting, and a change that is made now can't be saved before its first byte, because the "
        + "callback that makes the change was registered before UseSessionManager. Register the callback after "
        + "UseSessionManager.");

    public static InvalidOperationException WouldRaiseAgain(SessionEventKinds kinds) => new(
        $"The handler of the event 'On{kinds}' can't make this change, because the change would raise the event again. "
        + "Make the change after the handler has returned, or in the next request.");

    public static InvalidOperationException NoRequest() => new(
        "There is no session, because there is no request. Use ISessionManager while a request runs, or "
        + "ISessionDirectory outside a request.");

    public static InvalidOperationException NotRun(object? other) => new(other is null
        ? "UseSessionManager has not run for this request, so there is no session. Call app.UseSessionManager() before "
            + "the middleware and endpoints that use the session."
        : "UseSessionManager has not run for this request: HttpContext.Session is a "
            + $"'{other.GetType()}'. Replace app.UseSession() by app.UseSessionManager().");

    public static NotSupportedException NotReplaceable() =>
        new("The session of a request that UseSessionManager handles can't be replaced.");

    public static SessionStoreException InDoubt() => new(
        "An earlier save of this request failed, and it is not known whether the store has the changes. Call "
        + "CommitAsync until it succeeds before you change the session again.");

    public static SessionEndedException Refused(SessionCommitOutcome outcome) => new(
        outcome == SessionCommitOutcome.Moved
            ? "The session's user changed while the request was running, so its changes were not saved."
            : "The session ended while the request was running, so its changes were not saved.");

    public static SessionEndedException NotUpdated() => new(
        "The session ended, or changed its user, while the request was running, so the value was not changed.");

    public static SessionStoreException KeepsChanging(string key) => new(
        $"The value '{SessionKey.Printable(key)}' kept changing. Change it less often, or raise IOTimeout.");

    public static InvalidOperationException TooLateForCookie() => new(
        "The response has started, so the session's new token can't reach the browser. Sign in and rotate the token "
        + "before the first write to the response.");

    public static InvalidOperationException TooLateToBegin() => new(
        "There is no session yet and the response has started, so the cookie of a new session can't be sent. Store the "
        + "first value before the first write to the response.");

    public static SessionLimitException TooManySessions(int? limit) => new(
        $"The user has as many sessions as MaxSessionsPerUser, '{limit}', allows. Sign out of another session first.");

    public static InvalidOperationException NobodyToAct() => new(
        "Nobody is signed in, so nobody can act as another user. Sign the user in who acts, then call "
        + "ImpersonateAsync.");

    public static InvalidOperationException ActsAlready() => new(
        "The user acts as another user already. Call EndImpersonation and CommitAsync first.");

    public static InvalidOperationException SignsInWhoIsActedAs() => new(
        "The principal to sign in has the claim 'act', so it is a user that another user acts as. Call "
        + "EndImpersonation first, or sign in a principal without the claim.");

    public static InvalidOperationException ActsAsItself() => new(
        "The id is that of the signed-in user, who can't act as the same user. Name another user.");

    public static InvalidOperationException ActsWithoutConsent() => new(
        "The session cookie is not essential (Cookie.IsEssential is false) and the user has not consented to tracking, "
        + "so the new token can't be sent. Ask for consent first.");

    /// <summary>Throws when the last turn found that the store hangs.</summary>
    public static void ThrowIfHanging(Exception? failure)
    {
        if (failure is SessionStoreException { IsTimeout: true })
        {
            throw new SessionStoreException("The session store did not answer an earlier call of this request in time.")
            {
                IsTimeout = true,
            };
        }
    }

    private static string? NameOf(HttpContext context) =>
        context.GetEndpoint() is not { } endpoint ? context.Request.Path
        : endpoint.DisplayName is { Length: > 0 } name ? name
        : endpoint is RouteEndpoint route ? route.RoutePattern.RawText
        : context.Request.Path;
}
