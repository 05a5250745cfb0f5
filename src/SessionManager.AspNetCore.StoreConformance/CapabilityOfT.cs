namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>The answer of a test class to one thing that the suite asks for: what the class provides, or why it can't.
/// <see cref="Capability"/> makes the answers.</summary>
/// <typeparam name="T">What is asked for.</typeparam>
public sealed class Capability<T>
    where T : class
{
    internal Capability(T? value, string? reason) => (Value, Reason) = (value, reason);

    /// <summary>What the class provides; <see langword="null"/> when it can't.</summary>
    public T? Value { get; }

    /// <summary>Why the class can't provide it; <see langword="null"/> when it does.</summary>
    public string? Reason { get; }

    /// <summary>What the class provides. Skips the test, with the reason, when there is nothing.</summary>
    internal T Require()
    {
        Assert.SkipWhen(Value is null, Reason ?? "");
        return Value;
    }
}
