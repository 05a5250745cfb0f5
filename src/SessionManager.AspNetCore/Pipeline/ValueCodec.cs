using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Values as bytes and back. A string, an int and a byte array are written as <c>HttpContext.Session</c> writes them;
/// anything else is JSON, and is refused unless it comes back equal. Nothing is coerced: what was stored as one kind
/// does not read as another. What is stored as an interface is written as that interface, since it will be read as it.
/// </summary>
internal static class ValueCodec
{
    public static SessionValue Encode<T>(string key, T value, SessionManagerOptions options)
    {
        var encoded = value switch
        {
            int number when typeof(T) == typeof(int) || typeof(T) == typeof(int?) || typeof(T) == typeof(object) =>
                EncodeInteger(number),
            string text when typeof(T) == typeof(string) || typeof(T) == typeof(object) => EncodeText(key, text),
            // An sbyte[] passes for a byte[] in a pattern.
            byte[] bytes when (typeof(T) == typeof(byte[]) || typeof(T) == typeof(object))
                && bytes.GetType() == typeof(byte[]) =>
                SessionValue.Of(SessionValueKind.Bytes, bytes),
            _ => EncodeJson(key, value, options),
        };
        return encoded.Data.Length <= options.MaxValueBytes ? encoded : throw TooLarge(key, encoded, options);
    }

    public static T Decode<T>(string key, SessionValue value, JsonSerializerOptions serializerOptions) =>
        value.Kind switch
        {
            SessionValueKind.Int32
                when typeof(T) == typeof(int) || typeof(T) == typeof(int?) || typeof(T) == typeof(object) =>
                (T)(object)BinaryPrimitives.ReadInt32BigEndian(Exactly4(key, value.Data.Span)),
            SessionValueKind.Text when typeof(T) == typeof(string) || typeof(T) == typeof(object) =>
                (T)(object)Encoding.UTF8.GetString(value.Data.Span),
            SessionValueKind.Bytes when typeof(T) == typeof(byte[]) || typeof(T) == typeof(object) =>
                (T)(object)value.Data.ToArray(),
            SessionValueKind.Raw => DecodeRaw<T>(key, value.Data),
            SessionValueKind.Json => DecodeJson<T>(key, value.Data.Span, serializerOptions),
            _ => throw WrongType<T>(key, NameOf(value.Kind)),
        };

    /// <summary>As <see cref="Decode"/>, but <see langword="false"/> where JSON can't be read as a
    /// <typeparamref name="T"/> (any more).</summary>
    public static bool TryDecode<T>(
        string key, SessionValue value, JsonSerializerOptions serializerOptions, [MaybeNullWhen(false)] out T decoded)
    {
        if (value.Kind == SessionValueKind.Json)
        {
            return TryDecodeJson(value.Data.Span, serializerOptions, out decoded);
        }

        decoded = Decode<T>(key, value, serializerOptions);
        return true;
    }

    /// <summary>Whether it is a stored <see langword="null"/>.</summary>
    public static bool IsNull(SessionValue value) =>
        value.Kind == SessionValueKind.Json && value.Data.Span.SequenceEqual("null"u8);

    public static void ThrowIfTooLarge(string key, SessionValue value, SessionManagerOptions options)
    {
        if (value.Data.Length > options.MaxValueBytes)
        {
            throw TooLarge(key, value, options);
        }
    }

    private static SessionValueException TooLarge(string key, SessionValue value, SessionManagerOptions options) => new(
        $"The value '{SessionKey.Printable(key)}' is {value.Data.Length} bytes large, "
        + $"and the limit is {options.MaxValueBytes}. Store less, or raise MaxValueBytes.");

    private static SessionValue EncodeInteger(int number)
    {
        var stored = new byte[1 + sizeof(int)];
        stored[0] = (byte)SessionValueKind.Int32;
        BinaryPrimitives.WriteInt32BigEndian(stored.AsSpan(1), number);
        return new SessionValue(stored);
    }

    private static SessionValue EncodeText(string key, string text) =>
        SessionKey.TryMeasure(text, out _)
            ? SessionValue.Of(SessionValueKind.Text, Encoding.UTF8.GetBytes(text))
            : throw new SessionValueException(
                $"The value '{SessionKey.Printable(key)}' is not valid Unicode, so it would not read back the same. "
                + "Store it as a byte array.");

    private static SessionValue EncodeJson<T>(string key, T value, SessionManagerOptions options)
    {
        var type = value is null || typeof(T) != typeof(object) ? typeof(T)
            : value is JsonNode ? typeof(JsonNode)
            : value.GetType();
        var check = new ValueCheck(key, type, options.SerializerOptions);
        check.ThrowIfDeferred();
        var encoded = SessionValue.Of(SessionValueKind.Json, check.Write(value));
        ThrowIfTooLarge(key, encoded, options);
        if (IsUndefinedEnum(value))
        {
            throw new SessionValueException(
                $"The value '{SessionKey.Printable(key)}' is not defined by its enum '{type}', "
                + "so it could not be read back. Store a defined value, or its number.");
        }

        check.ThrowIfChanged(value, encoded.Data.Span);
        return encoded;
    }

    private static T DecodeRaw<T>(string key, ReadOnlyMemory<byte> data)
    {
        if (typeof(T) == typeof(byte[]) || typeof(T) == typeof(object))
        {
            return (T)(object)data.ToArray();
        }

        if (typeof(T) == typeof(string))
        {
            return (T)(object)Encoding.UTF8.GetString(data.Span);
        }

        return (typeof(T) == typeof(int) || typeof(T) == typeof(int?)) && data.Length == sizeof(int)
            ? (T)(object)BinaryPrimitives.ReadInt32BigEndian(data.Span)
            : throw WrongType<T>(key, "byte[] (written by HttpContext.Session)");
    }

    private static T DecodeJson<T>(string key, ReadOnlySpan<byte> json, JsonSerializerOptions options) =>
        TryDecodeJson<T>(json, options, out var value) ? value : throw WrongType<T>(key, JsonKindOf(json));

    // Whatever goes wrong: the constructors and setters that run here may have been written after the value.
    private static bool TryDecodeJson<T>(
        ReadOnlySpan<byte> json, JsonSerializerOptions options, [MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)))!;
            return !IsUndefinedEnum(value);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            value = default;
            return false;
        }
    }

    // An enum is a number in JSON, and any number becomes one. The text of an undefined value is that number.
    private static bool IsUndefinedEnum<T>(T value) =>
        value is Enum number
        && number.ToString() is [(>= '0' and <= '9') or '-', ..] text
        && !(string.Equals(text, "0", StringComparison.Ordinal)
            && number.GetType().IsDefined(typeof(FlagsAttribute), inherit: false));

    private static ReadOnlySpan<byte> Exactly4(string key, ReadOnlySpan<byte> data) =>
        data.Length == sizeof(int) ? data : throw WrongType<int>(key, "damaged int");

    // The causes are left out: System.Text.Json quotes what it could not read.
    private static SessionValueException WrongType<T>(string key, string stored) =>
        new(
            $"The value '{SessionKey.Printable(key)}' is stored as '{stored}' and can't be read as '{typeof(T)}'. "
            + "Read it as the type it was stored with, or store it anew.");

    private static string NameOf(SessionValueKind kind) => kind switch
    {
        SessionValueKind.Text => "string",
        SessionValueKind.Int32 => "int",
        SessionValueKind.Bytes => "byte[]",
        _ => kind.ToString(),
    };

    private static string JsonKindOf(ReadOnlySpan<byte> json) => (json.IsEmpty ? 0 : (char)json[0]) switch
    {
        '{' => "JSON object",
        '[' => "JSON array",
        '"' => "JSON string",
        't' or 'f' => "JSON true or false",
        'n' => "JSON null",
        _ => "JSON number",
    };
}
