namespace SessionManager.AspNetCore;

/// <summary>What a request gets when its session can't be loaded. In both modes a request that does not use the session
/// is served, and the browser keeps its cookie.</summary>
public enum StoreFailureMode
{
    /// <summary>Members of the session throw <see cref="SessionStoreException"/>, which is answered with 503. The
    /// default.</summary>
    Fail = 0,

    /// <summary>The session is empty, and nobody is signed in. Members that change the session throw
    /// <see cref="SessionStoreException"/>. The mode is for pages that are useful without a session. An endpoint with
    /// <c>[Authorize]</c> leads to the login page meanwhile.</summary>
    Anonymous = 1,
}
