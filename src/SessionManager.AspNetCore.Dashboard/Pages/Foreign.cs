using System.Globalization;
using System.Text;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Shows text that users and browsers have made up: isolated, so that it turns no other text around, cut, and with what can't be
/// seen made visible, so that no id looks like another.</summary>
internal static class Foreign
{
    /// <summary>Shows a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How many characters of it are shown. The rest is counted.</param>
    public static Markup Show(string text, int most = 64)
    {
        var parts = new List<Markup>();
        var plain = new StringBuilder();
        var cut = Cut(text, most);
        var (first, last) = (0, cut.Length - 1);
        var position = 0;
        foreach (var rune in cut.EnumerateRunes())
        {
            if (IsVisible(rune) && !(rune.Value == ' ' && (position == first || position == last)))
            {
                plain.Append(rune.ToString());
            }
            else
            {
                Flush();
                var name = string.Create(CultureInfo.InvariantCulture, $"U+{rune.Value:X4}");
                parts.Add(Markup.Of($"<span class=\"mark\">{name}</span>"));
            }

            position += rune.Utf16SequenceLength;
        }

        Flush();
        var rest = cut.Length < text.Length ? Markup.Of($"<span class=\"rest\">… {text.Length} characters</span>") : Markup.None;
        return Markup.Of($"<bdi>{parts}</bdi>{rest}");

        void Flush()
        {
            if (plain.Length > 0)
            {
                parts.Add(Markup.Of($"{plain.ToString()}"));
                plain.Clear();
            }
        }
    }

    /// <summary>A text for the name of a button, a title or the log: on one line, without what can't be seen.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How many characters of it there are to be.</param>
    public static string Name(string text, int most = 40)
    {
        var cut = Cut(text, most);
        var name = new StringBuilder(cut.Length);
        foreach (var rune in cut.EnumerateRunes())
        {
            name.Append(IsVisible(rune) ? rune.ToString() : "?");
        }

        return cut.Length < text.Length ? name.Append('…').ToString() : name.ToString();
    }

    // Not in the middle of a character.
    private static string Cut(string text, int most) =>
        text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];

    private static bool IsVisible(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
