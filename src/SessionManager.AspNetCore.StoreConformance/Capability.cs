namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Creates the capabilities of a test class.</summary>
public static class Capability
{
    /// <summary>Creates a capability that the class provides.</summary>
    /// <param name="value">The object that the class provides.</param>
    public static Capability<T> Of<T>(T value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Capability<T>(value, reason: null);
    }

    /// <summary>Creates a capability that the class can't provide. The tests that need the capability are skipped with
    /// the reason.</summary>
    /// <param name="reason">The reason as a sentence, which the skipped tests show.</param>
    public static Capability<T> Missing<T>(string reason)
        where T : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new Capability<T>(value: null, reason);
    }
}
