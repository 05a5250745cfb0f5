namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>Whose session the pipeline has.</summary>
public enum Side
{
    /// <summary>None.</summary>
    Bare,

    /// <summary>The least that a session in a cache can do: see <see cref="FloorMiddleware"/>.</summary>
    Floor,

    /// <summary><c>AddSession</c> and <c>UseSession</c>.</summary>
    BuiltIn,

    /// <summary><c>AddSessionManager</c> and <c>UseSessionManager</c>.</summary>
    Ours,
}
