using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Why a session can't be used or changed: the fact, and the remedy.</summary>
internal static class SessionErrors
{
    public static InvalidOperationException Disabled(HttpContext context) => new(
        $"The endpoint '{NameOf(context)}' has SessionMode 'Disabled', so it has no session. Remove the mode, or don't use the session there.");

    public static Exception NotReadable(SessionPhase phase, string? failure) => phase switch
    {
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

    public static InvalidOperationException StartingWithoutUs() => new(
        "The response is starting, and a change that is made now could not be saved before its first byte: the callback that makes it was registered before UseSessionManager got the request, and this server runs no callback that is registered inside one. Register it behind UseSessionManager.");

    public static InvalidOperationException WouldRaiseAgain(SessionEventKinds kinds) => new(
        $"The handler of the event 'On{kinds}' can't do this: it would be called again for it, without an end. Leave it to the handler's caller, or to the next request.");

    public static InvalidOperationException NoRequest() => new(
        "There is no session here, because there is no request. Use ISessionManager while a request runs, or ISessionDirectory outside of one.");

    public static InvalidOperationException NotRun(object? other) => new(other is null
        ? "UseSessionManager has not run for this request, so there is no session. Call app.UseSessionManager() before the middleware and endpoints that use the session."
        : $"UseSessionManager has not run for this request: its session is of another kind, '{other.GetType()}'. Replace app.UseSession() by app.UseSessionManager().");

    public static SessionStoreException InDoubt() => new(
        "An earlier save of this request failed, and it is not known whether the store has it. Call CommitAsync until it succeeds before you change more.");

    public static InvalidOperationException TooLateForCookie() => new(
        "The response has started, so the session's new token can't reach the browser any more. Sign in and rotate before the first write to the response.");

    public static InvalidOperationException TooLateToBegin() => new(
        "There is no session yet and the response has started, so the cookie of a new one can't be sent any more. Store the first value before the first write to the response.");

    public static InvalidOperationException NobodyToAct() => new(
        "Nobody is signed in, so nobody can act as another user. Sign in who acts first.");

    public static InvalidOperationException ActsAlready() => new(
        "The user acts as another user already. Call EndImpersonation, and save that with CommitAsync, first.");

    public static InvalidOperationException SignsInWhoIsActedAs() => new(
        "The principal to sign in is of the user that another one acts as: it has the claim 'act'. Call EndImpersonation first, or sign in a principal without that claim.");

    public static InvalidOperationException ActsAsItself() => new("The user would act as itself. Name another user.");

    public static InvalidOperationException ActsWithoutConsent() => new(
        "The session cookie is not essential (Cookie.IsEssential is false) and the user has not consented to tracking, so the new token can't be sent.");

    private static string? NameOf(HttpContext context) => context.GetEndpoint() is not { } endpoint ? context.Request.Path
        : endpoint.DisplayName is { Length: > 0 } name ? name
        : endpoint is RouteEndpoint route ? route.RoutePattern.RawText
        : context.Request.Path;
}
