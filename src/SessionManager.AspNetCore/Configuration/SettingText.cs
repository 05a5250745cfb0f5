using System.Globalization;
using System.Text;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>The text of a setting as a message may show it: short, on one line, and nothing in it hidden.</summary>
internal static class SettingText
{
    private const int ShownLength = 200;

    /// <summary>The text with what can't be seen written as <c>\uXXXX</c>, so that a setting can't forge a line of a
    /// log.</summary>
    public static string Show(string? text)
    {
        var shown = new StringBuilder();
        for (var i = 0; i < text?.Length; i++)
        {
            if (i >= ShownLength)
            {
                return shown.Append("...").ToString();
            }

            var length = char.IsSurrogatePair(text, i) ? 2 : 1;
            if (IsVisible(CharUnicodeInfo.GetUnicodeCategory(text, i)) || text[i] == ' ')
            {
                shown.Append(text, i, length);
            }
            else
            {
                for (var j = i; j < i + length; j++)
                {
                    shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[j]:x4}");
                }
            }

            i += length - 1;
        }

        return shown.ToString();
    }

    /// <summary>Whether the text has a control character, or half a surrogate pair, which two texts may have turned
    /// into the same one when they are encoded.</summary>
    public static bool IsBroken(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                i++;
            }
            else if (char.IsControl(text[i]) || char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsVisible(UnicodeCategory category) => category is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator);
}
