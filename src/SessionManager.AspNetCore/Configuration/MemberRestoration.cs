using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>
/// Lets the default contract read back what it writes: properties with a setter that is not public, get-only
/// auto-properties, read-only fields, and collections that are only got. What a constructor takes is never set,
/// whatever can set it.
/// </summary>
/// <remarks>
/// <c>PreferredObjectCreationHandling.Populate</c> would do for collections, but it adds to what the constructor has
/// filled in.
/// </remarks>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Used by the reflection-based resolver only.")]
[UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Used by the reflection-based resolver only.")]
internal static class MemberRestoration
{
    private const BindingFlags InstanceFields =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static void Apply(JsonTypeInfo contract)
    {
        if (DeferredType.Is(contract.Type))
        {
            throw new NotSupportedException(
                $"A '{contract.Type}' can't be stored. {DeferredType.Remedy(contract.Type)}");
        }

        if (contract.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        foreach (var property in contract.Properties)
        {
            if (property is { Get: not null, Set: null, IsExtensionData: false }
                && property.ObjectCreationHandling != JsonObjectCreationHandling.Populate)
            {
                property.Set = property.AttributeProvider switch
                {
                    FieldInfo field => field.SetValue,
                    PropertyInfo source => SetterOf(source, property.Get),
                    _ => null,
                };
            }
        }
    }

    private static Action<object, object?>? SetterOf(PropertyInfo property, Func<object, object?> get)
    {
        // Unless it can be read, it is better written and skipped, as it comes: a constructor may make it anew.
        if (!IsReadable(property.PropertyType) && !property.IsDefined(typeof(JsonConverterAttribute), inherit: true))
        {
            return null;
        }

        if (property.GetSetMethod(nonPublic: true) is { } setter)
        {
            return (target, value) =>
                setter.Invoke(target, BindingFlags.DoNotWrapExceptions, binder: null, [value], culture: null);
        }

        if (property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", InstanceFields) is { } field)
        {
            return field.SetValue;
        }

        return IsCollection(property.PropertyType) ? (target, value) => Replace(target, get(target), value) : null;
    }

    private static bool IsReadable(Type type)
    {
        var isCollection = IsCollection(type)
            && type.Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true;
        return (isCollection || IsConcrete(type))
            && (!isCollection || Array.TrueForAll(type.GetGenericArguments(), IsReadable))
            && (!type.IsArray || IsReadable(type.GetElementType()!));
    }

    private static bool IsConcrete(Type type) =>
        !(type.IsInterface || type.IsAbstract) || typeof(JsonNode).IsAssignableFrom(type)
        || type.IsDefined(typeof(JsonConverterAttribute), inherit: false)
        || type.IsDefined(typeof(JsonPolymorphicAttribute), inherit: false)
        || type.IsDefined(typeof(JsonDerivedTypeAttribute), inherit: false);

    private static bool IsCollection(Type type) =>
        type != typeof(string) && !type.IsArray && typeof(IEnumerable).IsAssignableFrom(type);

    // In the field that holds it. It is not filled itself: it may be one that all objects share.
    private static void Replace(object target, object? collection, object? content)
    {
        if (collection is null || content is not IEnumerable items || ReferenceEquals(collection, content))
        {
            return;
        }

        var fields = FieldsThatHold(target, collection);
        var replacement = fields.Count == 0 ? null : AnotherWith(items, collection) ?? content;
        foreach (var field in fields)
        {
            if (field.FieldType.IsInstanceOfType(replacement))
            {
                field.SetValue(target, replacement);
            }
        }
    }

    private static List<FieldInfo> FieldsThatHold(object target, object collection)
    {
        var fields = new List<FieldInfo>();
        for (var type = target.GetType(); type is not null; type = type.BaseType)
        {
            fields.AddRange(type.GetFields(InstanceFields)
                .Where(field => ReferenceEquals(field.GetValue(target), collection)));
        }

        return fields;
    }

    // One of the framework, so that making it has no effects; with the comparer of the one that is there.
    private static object? AnotherWith(IEnumerable items, object collection)
    {
        if (!ValueMembers.IsOfFramework(collection.GetType()) || Create(collection) is not { } created)
        {
            return null;
        }

        if (created is IDictionary { IsReadOnly: false, IsFixedSize: false } dictionary && items is IDictionary entries)
        {
            foreach (DictionaryEntry entry in entries)
            {
                dictionary.Add(entry.Key, entry.Value);
            }

            return created;
        }

        if (created is IList { IsReadOnly: false, IsFixedSize: false } list)
        {
            foreach (var item in items)
            {
                list.Add(item);
            }

            return created;
        }

        var generic = Array.Find(created.GetType().GetInterfaces(), IsGenericCollection);
        if (generic?.GetMethod(nameof(ICollection<>.Add)) is not { } add)
        {
            return null;
        }

        foreach (var item in items)
        {
            add.Invoke(created, [item]);
        }

        return created;
    }

    private static object? Create(object collection)
    {
        var type = collection.GetType();
        var comparer = (type.GetProperty("Comparer") ?? type.GetProperty("KeyComparer"))?.GetValue(collection);
        var constructor = comparer is null ? null : Array.Find(
            type.GetConstructors(),
            constructor => constructor.GetParameters() is [var parameter]
                && parameter.ParameterType.IsInstanceOfType(comparer)
                && parameter.ParameterType.Name.Contains("Comparer", StringComparison.Ordinal));
        return constructor?.Invoke([comparer]) ?? type.GetConstructor(Type.EmptyTypes)?.Invoke(null);
    }

    private static bool IsGenericCollection(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ICollection<>);
}
