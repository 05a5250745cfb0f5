using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Ids of the application's own types as JSON and back, with numbers and times written the same whenever they are
/// equal. A JSON string loses its quotes, so that an id that wraps a string has its text.
/// </summary>
internal static class UserIdJson
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Canonical = [];

    /// <summary>The text, or <see langword="null"/> for an id that is written as <see langword="null"/>.</summary>
    public static string? Write(object id, Type type, JsonSerializerOptions options)
    {
        var json = ToElement(id, type, options);
        return json.ValueKind switch
        {
            JsonValueKind.String => json.GetString(),
            JsonValueKind.Null => null,
            _ => json.GetRawText(),
        };
    }

    public static JsonElement ToElement(object id, Type type, JsonSerializerOptions options) =>
        JsonSerializer.SerializeToElement(id, ContractOf(type, options));

    /// <summary>The id, or <see langword="null"/> where the text is none.</summary>
    public static object? Read(string text, Type type, JsonSerializerOptions options) =>
        ReadJson($"\"{JsonEncodedText.Encode(text)}\"", type, options) ?? ReadJson(text, type, options);

    public static object? ReadJson(string json, Type type, JsonSerializerOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ContractOf(type, options));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }

    private static JsonTypeInfo ContractOf(Type type, JsonSerializerOptions options) =>
        Canonical.GetValue(options, static options => Canonicalize(options)).GetTypeInfo(type);

    private static JsonSerializerOptions Canonicalize(JsonSerializerOptions options)
    {
        var canonical = new JsonSerializerOptions(options) { WriteIndented = false };
        JsonConverter[] converters =
        [
            // A decimal divided by one with all its zeros loses its own.
            new CanonicalConverter<decimal>(
                JsonMetadataServices.DecimalConverter, static number => number / 1.0000000000000000000000000000m),
            new CanonicalConverter<double>(
                JsonMetadataServices.DoubleConverter, static number => number == 0 ? 0 : number),
            new CanonicalConverter<float>(
                JsonMetadataServices.SingleConverter, static number => number == 0 ? 0 : number),
            new CanonicalConverter<Half>(
                JsonMetadataServices.HalfConverter, static number => number == Half.Zero ? Half.Zero : number),
            new CanonicalConverter<DateTime>(
                JsonMetadataServices.DateTimeConverter, static time =>
                    DateTime.SpecifyKind(time, DateTimeKind.Unspecified)),
            new CanonicalConverter<DateTimeOffset>(
                JsonMetadataServices.DateTimeOffsetConverter, static time => time.ToUniversalTime()),
            new CanonicalConverter<Uri>(JsonMetadataServices.UriConverter!, Canonicalize),
        ];
        for (var place = 0; place < converters.Length; place++)
        {
            canonical.Converters.Insert(place, converters[place]);
        }

        return canonical;
    }

    private static Uri Canonicalize(Uri address) => UserIdFormat.Write(address) is { } text
        ? new Uri(text, UriKind.RelativeOrAbsolute)
        : throw new NotSupportedException(
            "An address of a file, or with a user or a fragment, has no text that is its alone.");
}
