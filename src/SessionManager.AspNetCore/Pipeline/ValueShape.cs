using System.Collections;
using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What is known of a type of values: whether it needs to be compared at all, and what its parts
/// are.</summary>
[UnconditionalSuppressMessage(
    "Trimming", "IL2070", Justification = "A member that was trimmed is read by nobody; the contract has its own.")]
[UnconditionalSuppressMessage(
    "Trimming", "IL2075", Justification = "A member that was trimmed is read by nobody; the contract has its own.")]
internal sealed class ValueShape
{
    // Written to the last digit, and read by the same library.
    private static readonly HashSet<Type> ExactTypes =
    [
        typeof(bool), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint),
        typeof(long), typeof(ulong), typeof(Int128), typeof(UInt128), typeof(decimal), typeof(double), typeof(float),
        typeof(Guid), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
    ];

    private static readonly string[] ComparerNames = ["Comparer", "KeyComparer", "ValueComparer"];

    private static readonly Dictionary<Type, string> ReadOnlyViews = new()
    {
        [typeof(ReadOnlyDictionary<,>)] = "Dictionary",
        [typeof(ReadOnlySet<>)] = "Set",
        [typeof(ReadOnlyCollection<>)] = "Items",
    };

    private readonly Lazy<IReadOnlyList<ValueMember>> _members;
    private readonly Lazy<IReadOnlyList<ValueMember>> _allMembers;
    private readonly Lazy<(string Path, Type Type)?> _deferred;
    private readonly Lazy<bool> _hasGeneratedEquality;

    public ValueShape(Type type, JsonSerializerOptions options)
    {
        var contract = ContractOf(type, options);
        IsConverted = contract is { Kind: JsonTypeInfoKind.None };
        IsExact = ExactTypes.Contains(Nullable.GetUnderlyingType(type) ?? type)
            && contract?.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly;
        HasOwnEquality = type.IsValueType
            || type.GetMethod(nameof(Equals), [typeof(object)])?.DeclaringType != typeof(object);
        ItemType = type.IsArray
            ? type.GetElementType()
            : Array.Find(type.GetInterfaces(), IsSequence)?.GetGenericArguments()[0];
        Comparers = ComparersOf(type);
        Inner = InnerOf(type);
        _deferred = new(() => FindDeferred(type, options, []));
        _hasGeneratedEquality = new(() => GeneratedEquality.IsOf(type, options));
        _members = new(() => [.. ValueMembers.Of(type, contract, everything: false)]);
        _allMembers = new(() => [.. ValueMembers.Of(type, contract, everything: true)]);
    }

    /// <summary>Whether every value of the type comes back as it is.</summary>
    public bool IsExact { get; }

    /// <summary>Whether a converter writes it as one piece, so that its members say little of what is
    /// written.</summary>
    public bool IsConverted { get; }

    /// <summary>Whether its <c>Equals</c> compares more than references.</summary>
    public bool HasOwnEquality { get; }

    /// <summary>Whether its <c>Equals</c> compares each part that is written, and as the framework does.</summary>
    public bool HasGeneratedEquality => _hasGeneratedEquality.Value;

    /// <summary>The declared type of a collection's items.</summary>
    public Type? ItemType { get; }

    /// <summary>The properties of a collection of the framework that hold the comparers of its keys and
    /// values.</summary>
    public IReadOnlyList<PropertyInfo> Comparers { get; }

    /// <summary>The property of a read-only collection of the framework that holds the collection that it
    /// shows.</summary>
    public PropertyInfo? Inner { get; }

    /// <summary>A member that holds its content back, and its type.</summary>
    public (string Path, Type Type)? Deferred => _deferred.Value;

    /// <summary>The members that hold its state; with <paramref name="everything"/> those that are not to be written
    /// too.</summary>
    public IReadOnlyList<ValueMember> Members(bool everything) => (everything ? _allMembers : _members).Value;

    /// <summary>The type of the items that a declared collection type promises.</summary>
    public static Type? ItemTypeOf(Type declared) =>
        IsSequence(declared)
            ? declared.GetGenericArguments()[0]
            : Array.Find(declared.GetInterfaces(), IsSequence)?.GetGenericArguments()[0];

    private static bool IsSequence(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>);

    // A type that has no contract can't be written either, which is said there.
    private static JsonTypeInfo? ContractOf(Type type, JsonSerializerOptions options)
    {
        try
        {
            return options.TryGetTypeInfo(type, out var contract) ? contract : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }

    private static PropertyInfo[] ComparersOf(Type type) =>
        typeof(IEnumerable).IsAssignableFrom(type) && ValueMembers.IsOfFramework(type)
            ? [.. ComparerNames.Select(name => type.GetProperty(name)).OfType<PropertyInfo>()]
            : [];

    private static PropertyInfo? InnerOf(Type type) =>
        type.IsGenericType && ReadOnlyViews.TryGetValue(type.GetGenericTypeDefinition(), out var name)
            ? type.GetProperty(name, BindingFlags.Instance | BindingFlags.NonPublic)
            : null;

    private static (string Path, Type Type)? FindDeferred(Type type, JsonSerializerOptions options, HashSet<Type> seen)
    {
        if (DeferredType.Is(type))
        {
            return ("", type);
        }

        if (!seen.Add(type))
        {
            return null;
        }

        if (ContractOf(type, options) is not { } contract)
        {
            // It has none because of a member; those of the framework's types say nothing.
            return ValueMembers.IsOfFramework(type) ? null : FindDeferredIn(type, options, seen);
        }

        if (contract.ElementType is { } item && FindDeferred(item, options, seen) is { } inItem)
        {
            return ($"[]{(inItem.Path.Length > 0 ? "." : "")}{inItem.Path}", inItem.Type);
        }

        foreach (var property in contract.Properties)
        {
            if (property.Get is not null && FindDeferred(property.PropertyType, options, seen) is { } found)
            {
                return (new ValueDifference(found.Path, "").In(ValueMembers.NameOf(property)).Path, found.Type);
            }
        }

        return null;
    }

    private static (string Path, Type Type)? FindDeferredIn(
        Type type, JsonSerializerOptions options, HashSet<Type> seen)
    {
        foreach (var member in ValueMembers.Of(type, contract: null, everything: false))
        {
            if (FindDeferred(member.Type, options, seen) is { } found)
            {
                return (new ValueDifference(found.Path, "").In(member.Name).Path, found.Type);
            }
        }

        return null;
    }
}
