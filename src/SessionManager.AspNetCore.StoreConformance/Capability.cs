namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>Makes the answers of a test class to what the suite asks for.</summary>
public static class Capability
{
    /// <summary>The class provides it.</summary>
    /// <param name="value">What the class provides.</param>
    public static Capability<T> Of<T>(T value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Capability<T>(value, reason: null);
    }

    /// <summary>The class can't provide it. The tests that need it are skipped, and say why.</summary>
    /// <param name="reason">Why not, as a sentence: it is what the skipped tests say.</param>
    public static Capability<T> Missing<T>(string reason)
        where T : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new Capability<T>(value: null, reason);
    }
}
