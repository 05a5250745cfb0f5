using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The members of a type that hold its state: what its contract writes, its public properties and fields beyond that,
/// and its private fields. What is marked <c>[JsonIgnore]</c> need not be kept, and what is no data is left out:
/// handlers of events, locks, tasks.
/// </summary>
[UnconditionalSuppressMessage(
    "Trimming", "IL2070", Justification = "A member that was trimmed is read by nobody; the contract has its own.")]
[UnconditionalSuppressMessage(
    "Trimming", "IL2075", Justification = "A member that was trimmed is read by nobody; the contract has its own.")]
internal static class ValueMembers
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // Of a collection: these follow from its items, or from how it keeps them.
    private static readonly HashSet<string> OfItems = new(StringComparer.Ordinal)
    {
        "Count", "LongCount", "Length", "Capacity", "IsEmpty", "IsReadOnly", "IsFixedSize", "IsSynchronized",
        "SyncRoot", "Keys", "Values",
        "Comparer", "KeyComparer", "Current",
    };

    public static IEnumerable<ValueMember> Of(Type type, JsonTypeInfo? contract, bool everything)
    {
        var written = new Dictionary<MemberInfo, JsonPropertyInfo>();
        foreach (var property in contract?.Properties ?? [])
        {
            if (property is { Get: { } get, AttributeProvider: not MemberInfo })
            {
                yield return new ValueMember(
                    property.Name, property.PropertyType, get, property.Set is null, property.IsExtensionData);
            }
            else if (property is { Get: not null, AttributeProvider: MemberInfo member })
            {
                written[member] = property;
            }
        }

        var levels = Levels(type).ToList();
        var properties = levels.SelectMany(level => level.GetProperties(Declared));
        foreach (var property in properties.Where(property => IsState(property, everything) && IsOwn(property, type)))
        {
            var (get, isExtensionData) = written.Remove(property, out var contractProperty)
                ? (contractProperty.Get!, contractProperty.IsExtensionData)
                : (target => property.GetMethod!.Invoke(
                    target, BindingFlags.DoNotWrapExceptions, binder: null, [], culture: null), false);
            var isComputed = property.SetMethod is null && BackingFieldOf(property) is null;
            yield return new ValueMember(property.Name, property.PropertyType, get, isComputed, isExtensionData);
        }

        // What the contract has that the type does not show, as one that is not public and marked [JsonInclude].
        foreach (var (member, property) in written)
        {
            yield return new ValueMember(
                member.Name, property.PropertyType, property.Get!, IsComputed: false, property.IsExtensionData);
        }

        var fields = levels.SelectMany(level => level.GetFields(Declared));
        foreach (var field in fields.Where(field => !written.ContainsKey(field) && IsState(field, type, everything)))
        {
            yield return new ValueMember(
                ShownName(field), field.FieldType, field.GetValue, IsComputed: false, IsExtensionData: false);
        }
    }

    /// <summary>The name of a member of a contract in the source.</summary>
    public static string NameOf(JsonPropertyInfo property) =>
        (property.AttributeProvider as MemberInfo)?.Name ?? property.Name;

    public static bool IsOfFramework(Type type) =>
        type.Namespace is { } space && (space is "System" || space.StartsWith("System.", StringComparison.Ordinal)
            || space.StartsWith("Microsoft.FSharp.", StringComparison.Ordinal));

    // A collection of the framework is its items; one of the application's may have more.
    private static IEnumerable<Type> Levels(Type type)
    {
        var isCollection = IsCollection(type);
        for (Type? level = type;
            level is not null && level != typeof(object) && level != typeof(ValueType);
            level = level.BaseType)
        {
            if (isCollection && IsOfFramework(level))
            {
                yield break;
            }

            yield return level;
        }
    }

    private static bool IsCollection(Type type) => typeof(IEnumerable).IsAssignableFrom(type);

    private static bool IsOwn(PropertyInfo property, Type type) =>
        !IsCollection(type) || !OfItems.Contains(property.Name);

    private static bool IsState(PropertyInfo property, bool everything) =>
        property.GetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0
        && !property.PropertyType.IsByRefLike && !property.PropertyType.IsPointer
        && (everything || !IsIgnored(property));

    private static bool IsState(FieldInfo field, Type type, bool everything) =>
        field.IsPublic
            ? everything || !IsIgnored(field)
            : (KeepsItsItemsInABase(type) || !IsStorage(field, type)) && !IsNoData(field)
                && (everything || !(IsIgnored(field) || BelongsToIgnored(field)))
                && PropertyOf(field) is not { GetMethod.IsPublic: true };

    // An array, or a collection of the same items; iterators and collection expressions have nothing else.
    private static bool IsStorage(FieldInfo field, Type collection) =>
        field.FieldType.IsArray || collection.IsDefined(typeof(CompilerGeneratedAttribute))
        || (IsCollection(field.FieldType)
            && ValueShape.ItemTypeOf(field.FieldType) is { } item
            && item == ValueShape.ItemTypeOf(collection));

    // How a collection of the application's own keeps its items is not compared: the items are.
    private static bool KeepsItsItemsInABase(Type type) =>
        !IsCollection(type) || (type.BaseType is { } parent && IsCollection(parent)
            && (IsOfFramework(parent) || KeepsItsItemsInABase(parent)));

    private static bool IsNoData(FieldInfo field) =>
        field.FieldType.IsPointer || field.FieldType.IsByRefLike || field.FieldType.IsFunctionPointer
        || field.FieldType.Namespace?.StartsWith("System.Threading", StringComparison.Ordinal) == true
        || (typeof(Delegate).IsAssignableFrom(field.FieldType)
            && field.DeclaringType!.GetEvent(field.Name, Declared) is not null)
        || (field.FieldType.IsGenericType && field.FieldType.GetGenericTypeDefinition() is var definition
            && (definition == typeof(Lazy<>) || definition == typeof(WeakReference<>)));

    private static bool IsIgnored(MemberInfo member) =>
        member.GetCustomAttribute<JsonIgnoreAttribute>(inherit: true) is { Condition: JsonIgnoreCondition.Always };

    // The field behind a property that is not to be written, by their types: names of fields follow no rule.
    private static bool BelongsToIgnored(FieldInfo field) =>
        PropertyOf(field) is { } property
            ? IsIgnored(property)
            : Array.Exists(
                field.DeclaringType!.GetProperties(Declared),
                other => IsIgnored(other) && BackingFieldOf(other) is null
                    && other.PropertyType.IsAssignableFrom(field.FieldType));

    private static FieldInfo? BackingFieldOf(PropertyInfo property) =>
        property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", Declared);

    private static PropertyInfo? PropertyOf(FieldInfo field) =>
        field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? field.DeclaringType!.GetProperty(ShownName(field), Declared)
            : null;

    // "<Name>k__BackingField" of an automatic property, "<name>P" of a parameter of a primary constructor.
    private static string ShownName(FieldInfo field) =>
        field.Name is ['<', ..] && field.Name.IndexOf('>', StringComparison.Ordinal) is > 1 and var end
            ? field.Name[1..end]
            : field.Name;
}
