using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Where System.Text.Json gave up, as the members of the source.</summary>
internal static partial class JsonPath
{
    /// <summary>The member at which reading failed, as <c>Items[2].Name</c>; empty when it is unknown. A dictionary's
    /// keys are data, and left out.</summary>
    public static string ToMember(Exception exception, Type type, JsonSerializerOptions options)
    {
        var path = exception is JsonException json
            ? json.Path
            : PathPattern().Match(exception.Message).Groups["path"].Value;
        var member = new StringBuilder();
        foreach (Match segment in SegmentPattern().Matches(path ?? ""))
        {
            if (!options.TryGetTypeInfo(type, out var contract))
            {
                break;
            }

            if (segment.Groups["index"].Success
                && contract is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } item })
            {
                (type, _) = (item, member.Append(segment.Value));
            }
            else if (Find(contract, segment.Groups["name"].Value) is { } found)
            {
                type = found.PropertyType;
                member.Append(member.Length > 0 ? "." : "").Append(ValueMembers.NameOf(found));
            }
            else
            {
                break;
            }
        }

        return member.ToString();
    }

    private static JsonPropertyInfo? Find(JsonTypeInfo contract, string name) =>
        contract.Properties.FirstOrDefault(property => string.Equals(property.Name, name, StringComparison.Ordinal));

    [GeneratedRegex(@" Path: \$(?<path>\S+) \| ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathPattern();

    [GeneratedRegex(
        @"\.(?<name>[^.\[\]]+)|\['(?<name>[^']+)'\]|\[(?<index>\d+)\]",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex SegmentPattern();
}
