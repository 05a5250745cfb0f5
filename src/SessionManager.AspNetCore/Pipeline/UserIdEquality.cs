using System.Text;
using System.Text.Json;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>When two ids of one of the application's types are the same user.</summary>
/// <param name="type">Their type.</param>
/// <param name="declared">The type they are written and read as.</param>
/// <param name="options">What they are written and read with.</param>
internal sealed class UserIdEquality(Type type, Type declared, JsonSerializerOptions options)
{
    // More would cost more than it finds.
    private const int MaxParts = 32;

    private static readonly string[] Fillers = [" ", "-", ".", "_", "/", "+", "\u200b"];

    private readonly ValueShape _shape = ValueContracts.ShapeOf(type, options);

    /// <summary>As <c>Equals</c> says, or part by part where that compares references only and there are
    /// parts.</summary>
    public bool AreEqual(object id, object? other) =>
        other?.GetType() == type
        && (id.Equals(other)
            || (!_shape.HasOwnEquality && HasParts
                && new ValueComparison(options, loosely: true).Find(id, other, type) is null));

    /// <summary>
    /// Whether an equal id is written differently. An <c>Equals</c> that ignores case, or a part of the id, is found by
    /// changing each part of its JSON a little.
    /// </summary>
    public bool HasSecondText(object id, string text, Func<object, string?> write)
    {
        if (!_shape.HasOwnEquality || _shape.HasGeneratedEquality || JsonOf(id) is not { } json)
        {
            return false;
        }

        return VariationsOf(json).Any(variation =>
            UserIdJson.ReadJson(variation, declared, options) is { } other
                && other.GetType() == type
                && id.Equals(other)
            && !string.Equals(write(other), text, StringComparison.Ordinal));
    }

    private bool HasParts =>
        _shape.ItemType is not null || _shape.Members(everything: true).Any(member => !member.IsComputed);

    // An id with a text of its own need not have JSON.
    private JsonElement? JsonOf(object id)
    {
        try
        {
            return UserIdJson.ToElement(id, declared, options);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }

    // The same JSON with one of its leaves changed.
    private static IEnumerable<string> VariationsOf(JsonElement json) =>
        LeavesOf(json).Take(MaxParts).SelectMany(
            (leaf, place) => VariantsOf(leaf).Select(variant => Replace(json, place, variant)));

    private static IEnumerable<JsonElement> LeavesOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().SelectMany(LeavesOf),
        JsonValueKind.Object => json.EnumerateObject().SelectMany(member => LeavesOf(member.Value)),
        _ => [json],
    };

    private static IEnumerable<string> VariantsOf(JsonElement leaf) => leaf.ValueKind switch
    {
        JsonValueKind.String when leaf.GetString()! is var text =>
            VariantsOf(text).Select(Quote),
        JsonValueKind.Number when leaf.GetRawText() is var number =>
            [
                number + "0", number + ".0", WithOtherDigit(number),
                number is ['-', .. var positive] ? positive : "-" + number,
            ],
        JsonValueKind.True => ["false"],
        JsonValueKind.False => ["true"],
        _ => ["\"x\"", "1", "true"],
    };

    // In case, blanks, zeros, punctuation, and the form of its accents.
    private static IEnumerable<string> VariantsOf(string text) =>
    [
        text.ToUpperInvariant(), text.ToLowerInvariant(), WithOtherDigit(text), text + "x", text + "0", text + ".0",
        "0" + text,
        .. Fillers.SelectMany(filler => (string[])[filler + text, text + filler, text.Insert(text.Length / 2, filler)]),
        string.Concat(text.Where(char.IsLetterOrDigit)), text.TrimStart('0'), text.Trim(),
        text.Normalize(NormalizationForm.FormC), text.Normalize(NormalizationForm.FormD),
        text.Normalize(NormalizationForm.FormKC), text + '\u0301',
    ];

    private static string WithOtherDigit(string text)
    {
        var place = text.AsSpan().LastIndexOfAnyInRange('0', '9');
        return place < 0 ? text : $"{text[..place]}{(text[place] - '0' + 1) % 10}{text[(place + 1)..]}";
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private static string Replace(JsonElement json, int place, string variant)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            Write(json, writer, ref place, variant);
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Write(JsonElement json, Utf8JsonWriter writer, ref int place, string variant)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray())
                {
                    Write(item, writer, ref place, variant);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer, ref place, variant);
                }

                writer.WriteEndObject();
                break;
            default:
                writer.WriteRawValue(place-- == 0 ? variant : json.GetRawText(), skipInputValidation: true);
                break;
        }
    }
}
