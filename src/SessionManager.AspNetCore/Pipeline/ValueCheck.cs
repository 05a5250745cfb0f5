using System.Text.Json;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Sees to it that what is written as JSON comes back equal. What does not is refused, and the member
/// named.</summary>
internal sealed class ValueCheck(string key, Type type, JsonSerializerOptions options)
{
    private readonly ValueShape _shape = ValueContracts.ShapeOf(type, options);

    /// <summary>Refuses what would have to be waited for.</summary>
    public void ThrowIfDeferred()
    {
        if (_shape.Deferred is var (path, member))
        {
            throw new SessionValueException(
                $"The value {Name} can't be stored: {Member(path)} is a '{member}'. {DeferredType.Remedy(member)}");
        }
    }

    /// <summary>The value as JSON.</summary>
    public byte[] Write(object? value)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(value, options.GetTypeInfo(type));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var (path, member) = UnwritableMember.Find(value, type, options);
            throw new SessionValueException(
                $"The value {Name} can't be stored: "
                + $"System.Text.Json can't write {Member(path)}{(path.Length == 0 ? "" : $" of type '{member}'")}. "
                + (DeferredType.Is(member)
                    ? DeferredType.Remedy(member)
                    : "Store plain data, or set SerializerOptions."),
                exception);
        }
    }

    /// <summary>Reads it back, and refuses it where it differs.</summary>
    public void ThrowIfChanged(object? value, ReadOnlySpan<byte> json)
    {
        if (_shape.IsExact)
        {
            return;
        }

        if (Difference(value, Read(json)) is { } difference)
        {
            throw new SessionValueException(
                $"The value {Name} can't be stored: {Member(difference.Path)} {difference.Reason}. "
                + "Give it a setter or a constructor parameter, store it as the type that it is, "
                + "or mark it [JsonIgnore] if it need not be kept.");
        }
    }

    private string Name => $"'{SessionKey.Printable(key)}' of type '{type}'";

    private static string Member(string path) => path.Length == 0 ? "it" : $"its member '{path}'";

    private object? Read(ReadOnlySpan<byte> json)
    {
        string member;
        try
        {
            return JsonSerializer.Deserialize(json, options.GetTypeInfo(type));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            member = JsonPath.ToMember(exception, type, options);
        }

        // The cause is left out: it may quote what could not be read.
        throw new SessionValueException(
            $"The value {Name} can't be stored: System.Text.Json can write {Member(member)}, and can't read it back. "
            + "Use types with a constructor that it can call, or set SerializerOptions.");
    }

    // Getters, enumerators and Equals are the application's, and may throw anything.
    private ValueDifference? Difference(object? value, object? read)
    {
        try
        {
            return new ValueComparison(options).Find(value, read, type);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new SessionValueException(
                $"The value {Name} can't be stored: it can't be compared with what would be read back. "
                + "Store plain data.",
                exception);
        }
    }
}
