namespace SessionManager.AspNetCore;

/// <summary>What a request gets whose session could not be loaded. Either way a request that does not use the session is served,
/// and the cookie is kept.</summary>
public enum StoreFailureMode
{
    /// <summary>Using the session throws <see cref="SessionStoreException"/>, which becomes a 503. The default.</summary>
    Fail = 0,

    /// <summary>The session is empty and nobody is signed in; members that change it throw <see cref="SessionStoreException"/>.
    /// For pages that are useful without it. What needs a user, by <c>[Authorize]</c>, leads to the login page meanwhile.</summary>
    Anonymous = 1,
}
