using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The shapes of the types that are stored, for as long as the serializer options live that they depend
/// on.</summary>
internal sealed class ValueContracts
{
    private static readonly ConditionalWeakTable<JsonSerializerOptions, ValueContracts> All = [];

    private readonly ConcurrentDictionary<Type, ValueShape> _shapes = new();

    public static ValueShape ShapeOf(Type type, JsonSerializerOptions options)
    {
        var shapes = All.GetOrCreateValue(options)._shapes;
        return shapes.TryGetValue(type, out var shape) ? shape : shapes.GetOrAdd(type, new ValueShape(type, options));
    }
}
