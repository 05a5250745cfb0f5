using System.Globalization;
using System.Net;
using System.Numerics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ids of the framework's types as text and back: one text for all that are equal, and no other text for any
/// of them.</summary>
internal static class UserIdFormat
{
    private static readonly HashSet<Type> Known =
    [
        typeof(bool), typeof(char), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int),
        typeof(uint), typeof(long), typeof(ulong), typeof(nint), typeof(nuint), typeof(Int128), typeof(UInt128),
        typeof(BigInteger), typeof(decimal), typeof(double), typeof(float), typeof(Half), typeof(Guid),
        typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(IPAddress), typeof(Version), typeof(Uri),
    ];

    public static bool Knows(Type type) => type.IsEnum || Known.Contains(type);

    /// <summary>The text, or <see langword="null"/> where there is none that is its alone.</summary>
    public static string? Write(object id) => id switch
    {
        bool truth => truth.ToString(),
        Enum name => name.ToString(),
        // Without the zeros at the end: 42.00 and 42 are equal.
        decimal number => number.ToString("0.############################", CultureInfo.InvariantCulture),
        // Equality ignores the kind.
        DateTime time =>
            DateTime.SpecifyKind(time, DateTimeKind.Unspecified).ToString("O", CultureInfo.InvariantCulture),
        // Equality ignores the offset.
        DateTimeOffset time => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture),
        DateOnly or TimeOnly => ((IFormattable)id).ToString("O", CultureInfo.InvariantCulture),
        Uri address => TextOf(address),
        IFormattable formattable => formattable.ToString(format: null, CultureInfo.InvariantCulture),
        _ => id.ToString(),
    };

    /// <summary>The id, or <see langword="null"/> where the text is not how it is written: "007" is somebody else than
    /// 7.</summary>
    public static object? Read(string text, Type type)
    {
        var id = type.IsEnum ? ParseEnum(text, type) : Parse(text, type);
        return id is not null && string.Equals(Write(id), text, StringComparison.Ordinal) ? id : null;
    }

    // Numbers parse as enums too, but only names are written.
    private static object? ParseEnum(string text, Type type) =>
        text is not [(>= '0' and <= '9') or '-' or '+' or ' ', ..]
            && Enum.TryParse(type, text, ignoreCase: false, out var parsed)
            ? parsed
            : null;

    private static object? Parse(string text, Type type) =>
        type == typeof(Version) ? Version.TryParse(text, out var version) ? version : null
        : type == typeof(Uri) ? Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var address) ? address : null
        : Try<int>(text, type) ?? Try<long>(text, type) ?? Try<Guid>(text, type) ?? Try<bool>(text, type)
            ?? Try<char>(text, type)
            ?? Try<byte>(text, type) ?? Try<sbyte>(text, type) ?? Try<short>(text, type) ?? Try<ushort>(text, type)
            ?? Try<uint>(text, type)
            ?? Try<ulong>(text, type) ?? Try<nint>(text, type) ?? Try<nuint>(text, type) ?? Try<Int128>(text, type)
            ?? Try<UInt128>(text, type)
            ?? Try<BigInteger>(text, type) ?? Try<decimal>(text, type) ?? Try<double>(text, type)
            ?? Try<float>(text, type) ?? Try<Half>(text, type)
            ?? Try<DateTime>(text, type) ?? Try<DateTimeOffset>(text, type) ?? Try<DateOnly>(text, type)
            ?? Try<TimeOnly>(text, type)
            ?? Try<TimeSpan>(text, type) ?? Try<IPAddress>(text, type);

    private static object? Try<T>(string text, Type type)
        where T : IParsable<T> =>
        type == typeof(T) && T.TryParse(text, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;

    // Equality compares these parts, in this form. It ignores the user and the fragment, and a user id must not. The
    // path of a file is compared by rules of its own, some without case.
    private static string? TextOf(Uri address) =>
        !address.IsAbsoluteUri ? address.OriginalString
        : address.IsFile || address.IsUnc || address.UserInfo.Length > 0 || address.Fragment.Length > 0 ? null
        : address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.SafeUnescaped);
}
