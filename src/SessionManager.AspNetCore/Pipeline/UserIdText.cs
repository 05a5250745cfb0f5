using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// User ids as invariant text and back. An id whose text does not come back equal is refused, so that two users never
/// share a text; equal ids are written the same, so that one user never has two.
/// </summary>
internal static class UserIdText
{
    /// <summary>The text of an id; <see langword="null"/> for one that names nobody: null, empty, zero, any
    /// default.</summary>
    /// <exception cref="SessionValueException">The id does not come back equal from its text, is not valid Unicode, or
    /// is too long.</exception>
    public static string? From<TUserId>(TUserId userId, SessionManagerOptions options)
    {
        if (userId is null || IsDefault(userId))
        {
            return null;
        }

        var text = userId as string ?? TextOf(userId, typeof(TUserId), options.SerializerOptions);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (!SessionKey.TryMeasure(text, out var length))
        {
            throw new SessionValueException("The user id is not valid Unicode, so it can't be stored. Use another id.");
        }

        return length <= Math.Min(options.MaxValueBytes, ushort.MaxValue)
            ? text
            : throw new SessionValueException(
                $"The user id is {length} bytes long, "
                + $"and the limit is {Math.Min(options.MaxValueBytes, ushort.MaxValue)} (MaxValueBytes, "
                + "at most 65535). Use a shorter id.");
    }

    /// <summary>The id a text stands for.</summary>
    /// <exception cref="SessionValueException">It is not a <typeparamref name="TUserId"/>.</exception>
    public static TUserId To<TUserId>(string text, SessionManagerOptions options) =>
        Parse(text, typeof(TUserId), options.SerializerOptions) is TUserId userId
            ? userId
            : throw new SessionValueException(
                $"The user id is stored as text and can't be read as '{typeof(TUserId)}'. "
                + "Read it as the type it was set with, or with GetUserId().");

    // Boxed, so that an int? of 0 or an object that holds 0 counts as 0.
    [UnconditionalSuppressMessage(
        "Trimming", "IL2072", Justification = "A value type has its default without a constructor.")]
    private static bool IsDefault<TUserId>([DisallowNull] TUserId userId)
    {
        try
        {
            return userId is string { Length: 0 }
                || (userId is ValueType boxed && boxed.Equals(RuntimeHelpers.GetUninitializedObject(boxed.GetType())));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new SessionValueException(
                $"A user id of type '{userId.GetType()}' can't be stored: its Equals throws. Use another type.",
                exception);
        }
    }

    private static string? TextOf(object userId, Type declared, JsonSerializerOptions options)
    {
        // The loopback address is of a type derived from it.
        var type = userId is IPAddress ? typeof(IPAddress) : userId.GetType();
        if (DeferredType.Is(type))
        {
            throw new SessionValueException($"A '{type}' can't be a user id. {DeferredType.Remedy(type)}");
        }

        try
        {
            return TryWrite(userId, type, Nullable.GetUnderlyingType(declared) ?? declared, options, out var text)
                ? text
                : throw new SessionValueException(
                    $"A user id of type '{type}' can't be stored: it does not come back equal from its text, "
                    + "or is equal to one of another text, "
                    + "so two users could become one, or one two. Use a string, a number or a Guid"
                    + (declared.IsAssignableFrom(type) && declared != type
                        ? $", or set it as the '{type}' that it is."
                        : "."));
        }
        catch (Exception exception) when (exception is not SessionValueException and not OutOfMemoryException)
        {
            throw new SessionValueException(
                $"A user id of type '{type}' can't be stored: it has no text. Use a string, a number or a Guid.",
                exception);
        }
    }

    private static bool TryWrite(
        object userId, Type type, Type declared, JsonSerializerOptions options, out string? text)
    {
        // Behind another type, two ids of different types could share a text: it has to say which it is.
        declared = IsOfFramework(type) ? type : declared;
        if (UserIdFormat.Knows(type) && declared == type)
        {
            text = UserIdFormat.Write(userId);
            return text is not null && userId.Equals(UserIdFormat.Read(text, type));
        }

        // The application's own text of its type first, then its JSON.
        var comparison = new UserIdEquality(type, declared, options);
        text = (userId as IFormattable)?.ToString(format: null, CultureInfo.InvariantCulture);
        if (text is not null && comparison.AreEqual(userId, Parse(text, declared, options)))
        {
            return !comparison.HasSecondText(userId, text, UserIdFormat.Write);
        }

        text = UserIdJson.Write(userId, declared, options);
        return text is null
            || (comparison.AreEqual(userId, Parse(text, declared, options))
                && !comparison.HasSecondText(userId, text, other => UserIdJson.Write(other, declared, options)));
    }

    // A number, a Guid, a tuple of them: of no two kinds of users. The application's enums may share their names.
    private static bool IsOfFramework(Type type) =>
        ValueMembers.IsOfFramework(type)
        && (UserIdFormat.Knows(type) || type == typeof(string) || type == typeof(byte[])
            || (typeof(ITuple).IsAssignableFrom(type) && Array.TrueForAll(type.GetGenericArguments(), IsOfFramework))
            || (Nullable.GetUnderlyingType(type) is { } underlying && IsOfFramework(underlying)));

    private static object? Parse(string text, Type type, JsonSerializerOptions options)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(object) ? text
            : UserIdFormat.Knows(type) ? UserIdFormat.Read(text, type)
            : UserIdJson.Read(text, type, options);
    }
}
