using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Finds where what was read back differs from what was written, part by part. A comparison of their JSON could not see
/// what a base type or a member of type <see cref="object"/> hides.
/// </summary>
/// <param name="options">What it was written and read with.</param>
/// <param name="loosely">Whether plain values are the same where <c>Equals</c> says so, and what is not to be written
/// counts too.</param>
internal sealed class ValueComparison(JsonSerializerOptions options, bool loosely = false)
{
    private static readonly EqualityComparer<(object, object)> ByReference = EqualityComparer<(object, object)>.Create(
        static (x, y) => ReferenceEquals(x.Item1, y.Item1) && ReferenceEquals(x.Item2, y.Item2),
        static pair =>
            HashCode.Combine(RuntimeHelpers.GetHashCode(pair.Item1), RuntimeHelpers.GetHashCode(pair.Item2)));

    private static readonly ValueDifference Differs = new("", "would not read back as it is");

    // Graphs may have cycles.
    private HashSet<(object, object)>? _visited;

    /// <summary>The first difference, or <see langword="null"/>.</summary>
    public ValueDifference? Find(object? stored, object? read, Type declared)
    {
        if (ReferenceEquals(stored, read))
        {
            return null;
        }

        if (stored is null || read is null)
        {
            var reason = stored is null ? "is null and would not read back as null" : "would read back as null";
            return Differs with { Reason = reason };
        }

        if (PlainValues.IsJson(stored) || (stored.GetType() == read.GetType() && PlainValues.IsPlain(stored)))
        {
            return PlainValues.AreSame(stored, read, options, loosely) ? null : Differs;
        }

        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            return Differs with { Reason = "is nested too deeply to be compared with what would be read back" };
        }

        if (!stored.GetType().IsValueType && !(_visited ??= new(ByReference)).Add((stored, read)))
        {
            return null;
        }

        return stored.GetType() == read.GetType() ? FindIn(stored, read) : FindAcrossTypes(stored, read, declared);
    }

    private ValueDifference? FindIn(object stored, object read)
    {
        var shape = ValueContracts.ShapeOf(stored.GetType(), options);
        if (shape is { IsConverted: true, HasOwnEquality: true } && stored.Equals(read))
        {
            return null;
        }

        if (ArrayOf(stored) is { } array)
        {
            return FindInItems(array, ArrayOf(read)!, shape.ItemType ?? typeof(object));
        }

        return (stored is IEnumerable items ? FindInCollections(items, (IEnumerable)read, shape, shape.ItemType) : null)
            ?? FindInMembers(stored, read, shape);
    }

    // An interface is read back as a collection of the library's choice.
    private ValueDifference? FindAcrossTypes(object stored, object read, Type declared)
    {
        var shape = ValueContracts.ShapeOf(stored.GetType(), options);
        return declared.IsInterface && stored is IEnumerable items && read is IEnumerable readItems
            && shape.Members(loosely).Count == 0
            ? FindInCollections(items, readItems, shape, ValueShape.ItemTypeOf(declared) ?? shape.ItemType)
            : Differs with { Reason = $"is a '{stored.GetType()}' and would read back as a '{read.GetType()}'" };
    }

    private ValueDifference? FindInCollections(
        IEnumerable stored, IEnumerable read, ValueShape shape, Type? itemType) =>
        HasOtherComparer(stored, read, shape) ? Differs with { Reason = "would read back without its comparer" }
        : stored is IDictionary dictionary && read is IDictionary readDictionary
            ? FindInEntries(dictionary, readDictionary, itemType)
        : FindInItems(stored, read, itemType ?? typeof(object));

    private bool HasOtherComparer(IEnumerable stored, IEnumerable read, ValueShape shape)
    {
        // A read-only view compares as what it shows does.
        if (shape.Inner?.GetValue(stored) is IEnumerable inner)
        {
            var readInner = read.GetType() == stored.GetType() ? shape.Inner.GetValue(read) as IEnumerable : null;
            return HasOtherComparer(inner, readInner ?? read, ValueContracts.ShapeOf(inner.GetType(), options));
        }

        foreach (var property in shape.Comparers)
        {
            if (property.GetValue(stored) is { } comparer
                && !IsDefaultOfStrings(comparer, property)
                && !(stored.GetType() == read.GetType()
                    ? comparer.Equals(property.GetValue(read))
                    : IsDefault(comparer)))
            {
                return true;
            }
        }

        return false;
    }

    // Those that a function makes are of the framework too.
    private static bool IsDefault(object comparer) =>
        comparer.GetType() is { Namespace: "System.Collections.Generic", Name: var name }
        && !name.StartsWith("Delegate", StringComparison.Ordinal)
        && !name.StartsWith("Comparison", StringComparison.Ordinal);

    // Where strings are not put in order, the default compares them so too.
    private static bool IsDefaultOfStrings(object comparer, PropertyInfo property) =>
        comparer.Equals(StringComparer.Ordinal)
            && property.PropertyType.Name.StartsWith("IEqualityComparer", StringComparison.Ordinal);

    // An entry is named by its place: its key is data.
    private ValueDifference? FindInEntries(IDictionary stored, IDictionary read, Type? entryType)
    {
        if (stored.Count != read.Count)
        {
            return Differs with { Reason = "would read back with another number of entries" };
        }

        var valueType = entryType is { IsGenericType: true } && entryType.GetGenericArguments() is [_, var type]
            ? type
            : typeof(object);
        var place = 0;
        foreach (DictionaryEntry entry in stored)
        {
            var difference = read.Contains(entry.Key)
                ? Find(entry.Value, read[entry.Key], valueType)
                : Differs with { Reason = "would read back under another key" };
            if (difference is not null)
            {
                return difference.In($"[{place}]");
            }

            place++;
        }

        return null;
    }

    private ValueDifference? FindInItems(IEnumerable stored, IEnumerable read, Type itemType)
    {
        if (stored is byte[] bytes && read is byte[] readBytes)
        {
            return bytes.AsSpan().SequenceEqual(readBytes) ? null : Differs;
        }

        var (left, right) = (stored.GetEnumerator(), read.GetEnumerator());
        using var leftEnd = left as IDisposable;
        using var rightEnd = right as IDisposable;
        for (var place = 0; ; place++)
        {
            var more = left.MoveNext();
            if (more != right.MoveNext())
            {
                return Differs with { Reason = "would read back with another number of items" };
            }

            if (!more)
            {
                return null;
            }

            if (Find(left.Current, right.Current, itemType) is { } difference)
            {
                return difference.In($"[{place}]");
            }
        }
    }

    private ValueDifference? FindInMembers(object stored, object read, ValueShape shape)
    {
        foreach (var member in shape.Members(loosely))
        {
            if (FindIn(member, stored, read) is { } difference)
            {
                return difference.In(member.Name);
            }
        }

        return null;
    }

    private ValueDifference? FindIn(ValueMember member, object stored, object read)
    {
        var (value, fault) = Get(member, stored);
        var (readValue, readFault) = Get(member, read);
        if (fault is not null || readFault is not null)
        {
            return fault == readFault ? null : Differs with { Reason = $"throws a '{fault ?? readFault}'" };
        }

        if (Find(value, readValue, member.Type) is not { } difference
            || (member.IsExtensionData && readValue is null && value is ICollection { Count: 0 }))
        {
            return null;
        }

        return member.IsComputed && !IsSteady(member, stored, value) ? null : difference;
    }

    // The time of day, a fresh id: what differs from call to call is no state.
    private bool IsSteady(ValueMember member, object stored, object? value) =>
        new ValueComparison(options, loosely).Find(value, Get(member, stored).Value, member.Type) is null;

    private static (object? Value, Type? Fault) Get(ValueMember member, object target)
    {
        try
        {
            return (member.Get(target), null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return (null, exception.GetType());
        }
    }

    [UnconditionalSuppressMessage(
        "Trimming", "IL2075", Justification = "Of a memory of anything but bytes; without the method it is refused.")]
    private static Array? ArrayOf(object value) => value switch
    {
        Memory<byte> bytes => bytes.ToArray(),
        ReadOnlyMemory<byte> bytes => bytes.ToArray(),
        _ when value.GetType() is { IsGenericType: true } type
            && (type.GetGenericTypeDefinition() == typeof(Memory<>)
                || type.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>)) =>
            type.GetMethod(nameof(Memory<>.ToArray))?.Invoke(value, null) as Array,
        _ => null,
    };
}
