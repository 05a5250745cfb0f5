using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Whether a type's equality is nobody's invention: that of a tuple, a record or a plain struct, all the way down to
/// the framework's types, each written by the library. Then nothing that is written can be ignored by it.
/// </summary>
[UnconditionalSuppressMessage(
    "Trimming", "IL2070", Justification = "A type without its members does not count as a type of this kind.")]
internal static class GeneratedEquality
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static bool IsOf(Type type, JsonSerializerOptions options, HashSet<Type>? seen = null)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        seen ??= [];
        if (UserIdFormat.Knows(type) || type == typeof(string) || !seen.Add(type))
        {
            return true;
        }

        return options.TryGetTypeInfo(type, out var contract) && contract.Kind == JsonTypeInfoKind.Object
            && contract.Properties.All(property => property.CustomConverter is null)
            && Levels(type).All(level => IsGenerated(level)
                && level.GetFields(Declared).All(field => IsOf(field.FieldType, options, seen)));
    }

    private static IEnumerable<Type> Levels(Type type)
    {
        for (Type? level = type;
            level is not null && level != typeof(object) && level != typeof(ValueType);
            level = level.BaseType)
        {
            yield return level;
        }
    }

    private static bool IsGenerated(Type type)
    {
        if (ValueMembers.IsOfFramework(type))
        {
            return typeof(ITuple).IsAssignableFrom(type);
        }

        var own = type.GetMethod(nameof(Equals), Declared, [type]);
        var any = type.GetMethod(nameof(Equals), Declared, [typeof(object)]);
        return own is null
            ? type.IsValueType && any is null && type.GetFields(Declared).Length > 0
            : own.IsDefined(typeof(CompilerGeneratedAttribute))
                && any?.IsDefined(typeof(CompilerGeneratedAttribute)) == true;
    }
}
