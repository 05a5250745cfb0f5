namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>A capability of a test class that the suite needs: the object that the class provides, or the reason why it
/// can't. <see cref="Capability"/> creates capabilities.</summary>
/// <typeparam name="T">The type of the object.</typeparam>
public sealed class Capability<T>
    where T : class
{
    internal Capability(T? value, string? reason) => (Value, Reason) = (value, reason);

    /// <summary>The object; <see langword="null"/> when the class can't provide it.</summary>
    public T? Value { get; }

    /// <summary>The reason why the class can't provide the object; <see langword="null"/> when it does.</summary>
    public string? Reason { get; }

    /// <summary>Returns the object, or skips the test with the reason.</summary>
    internal T Require()
    {
        Assert.SkipWhen(Value is null, Reason ?? "");
        return Value;
    }
}
