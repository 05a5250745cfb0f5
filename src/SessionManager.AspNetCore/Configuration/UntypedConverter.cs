using System.Text.Json;
using System.Text.Json.Serialization;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>
/// Reads what is declared as <see cref="object"/> as what its JSON stands for: a string, a bool, an int, a long or a
/// double, rather than a <see cref="JsonElement"/> of it. Objects and arrays remain JSON: their types are not in the
/// data. A converter of the application's own for <see cref="object"/> has precedence.
/// </summary>
internal sealed class UntypedConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert == typeof(object);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        options.Converters
            .FirstOrDefault(other => other is not UntypedConverter && other.CanConvert(typeToConvert)) switch
        {
            JsonConverterFactory factory => factory.CreateConverter(typeToConvert, options)!,
            { } own => own,
            null => new Converter(),
        };

    private sealed class Converter : JsonConverter<object>
    {
        public override object Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType switch
            {
                JsonTokenType.True => true,
                JsonTokenType.False => false,
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.Number => ReadNumber(ref reader),
                _ => options.TryGetTypeInfo(typeof(JsonElement), out var json)
                    ? JsonSerializer.Deserialize(ref reader, json)!
                    : JsonElement.ParseValue(ref reader),
            };

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options)
        {
            if (value.GetType() == typeof(object))
            {
                writer.WriteStartObject();
                writer.WriteEndObject();
                return;
            }

            JsonSerializer.Serialize(writer, value, options.GetTypeInfo(value.GetType()));
        }

        private static object ReadNumber(ref Utf8JsonReader reader) =>
            reader.TryGetInt32(out var number) ? number
            : reader.TryGetInt64(out var large) ? (object)large
            : reader.GetDouble();
    }
}
