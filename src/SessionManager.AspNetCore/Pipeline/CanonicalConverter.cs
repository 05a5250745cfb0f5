using System.Text.Json;
using System.Text.Json.Serialization;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Writes what is equal the same.</summary>
internal sealed class CanonicalConverter<T>(JsonConverter<T> converter, Func<T, T> canonicalize) : JsonConverter<T>
    where T : notnull
{
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        converter.Read(ref reader, typeToConvert, options);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        converter.Write(writer, canonicalize(value), options);

    public override T ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        converter.ReadAsPropertyName(ref reader, typeToConvert, options);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        converter.WriteAsPropertyName(writer, canonicalize(value), options);
}
