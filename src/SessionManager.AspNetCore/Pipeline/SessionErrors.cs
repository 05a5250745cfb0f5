using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Why a session can't be used or changed: the fact, and the remedy.</summary>
internal static class SessionErrors
{
    public static Exception NotReadable(SessionPhase phase, HttpContext context, string? failure) => phase switch
    {
        SessionPhase.Disabled => new InvalidOperationException(
            $"The endpoint '{NameOf(context)}' has SessionMode 'Disabled', so it has no session. Remove the mode, or don't use the session there."),
        SessionPhase.Failed => new SessionStoreException($"The session could not be loaded. {failure}"),
        _ => new InvalidOperationException(
            "The session is not loaded, because LoadMode is 'OnDemand'. Call 'await session.LoadAsync()' first, or set LoadMode to 'Eager'."),
    };

    public static SessionStoreException NotLoaded(string? failure) => new($"The session could not be loaded, so it can't be changed. {failure}");

    public static InvalidOperationException ReadOnly(HttpContext context) => new(
        $"The endpoint '{NameOf(context)}' has SessionMode 'ReadOnly', so it can't change the session. Set the mode to 'ReadWrite'.");

    public static InvalidOperationException NotBound() => new(
        "UseSessionManager has not run for this request yet, so a change would not be saved. Call app.UseSessionManager() before what changes the session; authentication and authorization may stand before it, since they only read.");

    public static InvalidOperationException RequestEnded() => new(
        "The request of this session has ended, so a change could not be saved any more. Change the session while the request runs.");

    public static InvalidOperationException Saving() => new(
        "The session is being saved at this moment, so a change could be lost. Await the write or the CommitAsync that saves it first.");

    public static SessionStoreException InDoubt() => new(
        "An earlier save of this request failed, and it is not known whether the store has it. Call CommitAsync until it succeeds before you change more.");

    public static InvalidOperationException TooLateForCookie() => new(
        "The response has started, so the session's new token can't reach the browser any more. Sign in and rotate before the first write to the response.");

    public static InvalidOperationException TooLateToBegin() => new(
        "There is no session yet and the response has started, so the cookie of a new one can't be sent any more. Store the first value before the first write to the response.");

    private static string? NameOf(HttpContext context) => context.GetEndpoint()?.DisplayName;
}
