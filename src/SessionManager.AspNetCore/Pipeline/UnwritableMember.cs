using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Finds the member because of which a value can't be written, by writing one after the other.</summary>
internal static class UnwritableMember
{
    // What is deeper can't be written because it is so deep.
    private const int MaxDepth = 64;

    /// <summary>The innermost member that can't be written, as <c>Items[2].Name</c>, and its type; an empty path where
    /// it is the value itself.</summary>
    public static (string Path, Type Type) Find(object? value, Type type, JsonSerializerOptions options) =>
        Find(value, type, options, new HashSet<object>(ReferenceEqualityComparer.Instance), depth: 0);

    private static (string Path, Type Type) Find(
        object? value, Type type, JsonSerializerOptions options, HashSet<object> seen, int depth)
    {
        // What a member of type object holds has a type of its own.
        var isDeclared = value is null || !(type.IsInterface || type == typeof(object)) || value is IEnumerable;
        var actual = isDeclared ? type : value!.GetType();
        if (DeferredType.Is(actual)
            || depth > MaxDepth
            || (value is not null && !actual.IsValueType && !seen.Add(value)))
        {
            return ("", actual);
        }

        foreach (var (name, memberType, get) in PartsOf(value, actual, options))
        {
            object? part = null;
            try
            {
                part = get();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                return (name, memberType);
            }

            if (!CanWrite(part, memberType, options))
            {
                var (path, found) = Find(part, memberType, options, seen, depth + 1);
                return (new ValueDifference(path, "").In(name).Path, found);
            }
        }

        return ("", actual);
    }

    private static bool CanWrite(object? value, Type type, JsonSerializerOptions options)
    {
        try
        {
            JsonSerializer.Serialize(Stream.Null, value, options.GetTypeInfo(type));
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
    }

    private static IEnumerable<(string Name, Type Type, Func<object?> Get)> PartsOf(
        object? value, Type type, JsonSerializerOptions options)
    {
        var contract = ContractOf(type, options);
        if (contract is null or { Kind: JsonTypeInfoKind.Object })
        {
            // What is inside of the framework's types helps nobody.
            return ValueMembers.IsOfFramework(type) && !IsTuple(type) ? [] : MembersOf(value, type, contract);
        }

        return contract.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && value is IEnumerable items
            ? ItemsOf(items, contract.ElementType ?? typeof(object))
            : [];
    }

    private static bool IsTuple(Type type) => typeof(ITuple).IsAssignableFrom(type);

    private static IEnumerable<(string Name, Type Type, Func<object?> Get)> MembersOf(
        object? value, Type type, JsonTypeInfo? contract) =>
        contract is null
            ? ValueMembers.Of(type, contract, everything: false).Select(member =>
                (member.Name, member.Type, (Func<object?>)(() => value is null ? null : member.Get(value))))
            // One with a converter of its own is not written as its type is.
            : contract.Properties.Where(property => property is { Get: not null, CustomConverter: null })
                .Select(property => (
                    ValueMembers.NameOf(property),
                    property.PropertyType,
                    (Func<object?>)(() => value is null ? null : property.Get!(value))));

    // An entry is named by its place: its key is data.
    private static IEnumerable<(string Name, Type Type, Func<object?> Get)> ItemsOf(IEnumerable items, Type itemType)
    {
        var all = new List<object?>();
        try
        {
            if (items is IDictionary dictionary)
            {
                all.AddRange(dictionary.Values.Cast<object?>());
            }
            else
            {
                all.AddRange(items.Cast<object?>());
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // What it has yielded until then is looked at.
        }

        return all.Select((item, place) => ($"[{place}]", itemType, (Func<object?>)(() => item)));
    }

    private static JsonTypeInfo? ContractOf(Type type, JsonSerializerOptions options)
    {
        try
        {
            return options.GetTypeInfo(type);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }
}
