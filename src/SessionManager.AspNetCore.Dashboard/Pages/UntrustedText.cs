using System.Globalization;
using System.Text;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Text that users and browsers have made up. It is shown isolated, so that its writing direction changes
/// nothing around it. Long text is cut, and invisible characters are made visible, so that no id looks like
/// another.</summary>
internal static class UntrustedText
{
    /// <summary>The text for a page.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">How many characters of the text are shown. Longer text is cut, and its length is
    /// shown.</param>
    public static Markup Render(string text, int maxLength = 64)
    {
        var parts = new List<Markup>();
        var plain = new StringBuilder();
        var cut = Cut(text, maxLength);
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
        var rest = cut.Length < text.Length
            ? Markup.Of($"<span class=\"rest\">… {text.Length} characters</span>")
            : Markup.None;
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

    /// <summary>The text for the label of a button, a title or the log: on a single line, with <c>?</c> for each
    /// invisible character.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">How many characters of the text are kept.</param>
    public static string ToSingleLine(string text, int maxLength = 40)
    {
        var cut = Cut(text, maxLength);
        var line = new StringBuilder(cut.Length);
        foreach (var rune in cut.EnumerateRunes())
        {
            line.Append(IsVisible(rune) ? rune.ToString() : "?");
        }

        return cut.Length < text.Length ? line.Append('…').ToString() : line.ToString();
    }

    // A surrogate pair is not cut in half.
    private static string Cut(string text, int maxLength) => text.Length <= maxLength
        ? text
        : text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];

    private static bool IsVisible(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
