using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Compares values that have no parts to compare: numbers, texts and times, and JSON.</summary>
internal static class PlainValues
{
    public static bool IsJson(object value) => value is JsonElement or JsonDocument or JsonNode;

    public static bool IsPlain(object value) =>
        value is string or decimal or DateTime or DateTimeOffset or TimeSpan or DateOnly or TimeOnly or Guid or Half
            or Int128 or UInt128 or BigInteger or Uri or Version or Enum or Delegate or MemberInfo or Assembly
            or CultureInfo or Encoding or TimeZoneInfo
        || value.GetType().IsPrimitive;

    /// <summary>Whether two values are the same.</summary>
    /// <param name="stored">The value that is stored.</param>
    /// <param name="read">The value that would be read back.</param>
    /// <param name="options">How JSON is written.</param>
    /// <param name="loosely">Whether it is enough that the values are equal by their own <c>Equals</c>.</param>
    public static bool AreSame(object stored, object read, JsonSerializerOptions options, bool loosely) =>
        (stored, read) switch
        {
            (JsonElement left, JsonElement right) => JsonElement.DeepEquals(left, right),
            (JsonDocument left, JsonDocument right) => JsonElement.DeepEquals(left.RootElement, right.RootElement),
            (JsonNode left, JsonNode right) => JsonNode.DeepEquals(left, right),
            (JsonNode left, JsonElement right) => JsonElement.DeepEquals(Parse(left, options), right),
            // Each is a delegate of an object of its own.
            (Delegate left, Delegate right) => left.Method.Equals(right.Method),
            _ when loosely => stored.Equals(read),
            (DateTimeOffset left, DateTimeOffset right) => left.EqualsExact(right),
            (DateTime left, DateTime right) => left == right && left.Kind == right.Kind,
            (double left, double right) => left.Equals(right) && double.IsNegative(left) == double.IsNegative(right),
            (float left, float right) => left.Equals(right) && float.IsNegative(left) == float.IsNegative(right),
            (Half left, Half right) => left.Equals(right) && Half.IsNegative(left) == Half.IsNegative(right),
            (Uri left, Uri right) => left.IsAbsoluteUri == right.IsAbsoluteUri
                && string.Equals(left.OriginalString, right.OriginalString, StringComparison.Ordinal),
            _ => stored.Equals(read),
        };

    private static JsonElement Parse(JsonNode node, JsonSerializerOptions options) =>
        JsonSerializer.SerializeToElement(node, options.GetTypeInfo(typeof(JsonNode)));
}
