namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>What a request does with its session of ten values.</summary>
public enum Scenario
{
    /// <summary>The browser has no cookie, and the handler does not ask for the session.</summary>
    NoCookie,

    /// <summary>There is a cookie, and the handler does not ask for the session.</summary>
    Untouched,

    /// <summary>The handler reads one of the values.</summary>
    Read,

    /// <summary>The handler changes one of the values.</summary>
    Write,
}
