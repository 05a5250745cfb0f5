using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>User ids as invariant text and back.</summary>
internal static class UserIdText
{
    /// <summary>The text of an id; <see langword="null"/> for one that names nobody: null, empty, zero, any default.</summary>
    public static string? From<TUserId>(TUserId userId, SessionManagerOptions options)
    {
        if (userId is null || IsDefault(userId))
        {
            return null;
        }

        var text = userId switch
        {
            string s => s,
            // Enums too: their text is their name.
            IFormattable formattable => Format(formattable),
            bool b => b.ToString(),
            _ => FromJson(userId, options.SerializerOptions),
        };
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (!SessionKey.TryMeasure(text, out var length))
        {
            throw new SessionValueException("The user id is not valid Unicode, so it can't be stored. Use another id.");
        }

        return length <= Math.Min(options.MaxValueBytes, ushort.MaxValue)
            ? text
            : throw new SessionValueException(
                $"The user id is {length} bytes long, and the limit is {Math.Min(options.MaxValueBytes, ushort.MaxValue)} (MaxValueBytes, at most 65535). Use a shorter id.");
    }

    /// <summary>The id a text stands for.</summary>
    /// <exception cref="SessionValueException">It is not a <typeparamref name="TUserId"/>.</exception>
    public static TUserId To<TUserId>(string text, SessionManagerOptions options)
    {
        var type = Nullable.GetUnderlyingType(typeof(TUserId)) ?? typeof(TUserId);
        var value = type.IsEnum
            ? ParseEnum(type, text)
            : ParseKnown(type, text, out var known) ? known : FromJsonText<TUserId>(text, options.SerializerOptions);
        return value is TUserId userId
            ? userId
            : throw new SessionValueException(
                $"The user id is stored as text and can't be read as '{typeof(TUserId)}'. Read it as the type it was set with, or with GetUserId().");
    }

    // Boxed, so that an int? of 0 or an object that holds 0 counts as 0.
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "A value type has its default without a constructor.")]
    private static bool IsDefault<TUserId>([DisallowNull] TUserId userId) =>
        userId is string { Length: 0 }
        || EqualityComparer<TUserId>.Default.Equals(userId, default)
        || (userId is ValueType boxed && boxed.Equals(RuntimeHelpers.GetUninitializedObject(boxed.GetType())));

    private static bool ParseKnown(Type type, string text, out object? value)
    {
        value = null;
        if (type == typeof(string) || type == typeof(object))
        {
            value = text;
            return true;
        }

        return Try<int>(type, text, ref value) || Try<long>(type, text, ref value) || Try<Guid>(type, text, ref value)
            || Try<short>(type, text, ref value) || Try<byte>(type, text, ref value) || Try<sbyte>(type, text, ref value)
            || Try<ushort>(type, text, ref value) || Try<uint>(type, text, ref value) || Try<ulong>(type, text, ref value)
            || Try<Int128>(type, text, ref value) || Try<UInt128>(type, text, ref value) || Try<decimal>(type, text, ref value)
            || Try<double>(type, text, ref value) || Try<float>(type, text, ref value) || Try<char>(type, text, ref value)
            || Try<bool>(type, text, ref value) || Try<DateTime>(type, text, ref value) || Try<DateTimeOffset>(type, text, ref value)
            || Try<DateOnly>(type, text, ref value);
    }

    private static bool Try<T>(Type type, string text, ref object? value)
        where T : IParsable<T>
    {
        if (type != typeof(T))
        {
            return false;
        }

        // Only as it would be written: "007" is somebody else than 7.
        value = T.TryParse(text, CultureInfo.InvariantCulture, out var parsed)
            && string.Equals(parsed is IFormattable formattable ? Format(formattable) : parsed.ToString(), text, StringComparison.Ordinal)
                ? parsed
                : null;
        return true;
    }

    // Numbers parse as enums too, but only names are written.
    private static object? ParseEnum(Type type, string text) =>
        text is not [(>= '0' and <= '9') or '-' or '+' or ' ', ..]
        && Enum.TryParse(type, text, ignoreCase: false, out var parsed)
        && string.Equals(parsed.ToString(), text, StringComparison.Ordinal)
            ? parsed
            : null;

    private static string Format(IFormattable value) =>
        // The general format of a time leaves out its fractions.
        value.ToString(value is DateTime or DateTimeOffset or DateOnly or TimeOnly ? "O" : null, CultureInfo.InvariantCulture);

    // A type of the application's own: what its JSON is. A JSON string loses its quotes, so that an id that wraps a string has its text.
    private static string? FromJson<TUserId>(TUserId userId, JsonSerializerOptions options)
    {
        try
        {
            var json = JsonSerializer.SerializeToElement(userId, options.GetTypeInfo(userId!.GetType()));
            return json.ValueKind switch
            {
                JsonValueKind.String => json.GetString(),
                JsonValueKind.Null => null,
                _ => json.GetRawText(),
            };
        }
        catch (Exception exception) when (exception is NotSupportedException or JsonException or InvalidOperationException)
        {
            throw new SessionValueException(
                $"A user id of type '{typeof(TUserId)}' can't be stored: System.Text.Json can't write it. Use a string, a number or a Guid.", exception);
        }
    }

    private static object? FromJsonText<TUserId>(string text, JsonSerializerOptions options)
    {
        foreach (var json in (ReadOnlySpan<string>)[$"\"{JsonEncodedText.Encode(text)}\"", text])
        {
            try
            {
                return JsonSerializer.Deserialize(json, (JsonTypeInfo<TUserId>)options.GetTypeInfo(typeof(TUserId)));
            }
            catch (Exception exception) when (exception is NotSupportedException or JsonException or InvalidOperationException)
            {
                continue;
            }
        }

        return null;
    }
}
