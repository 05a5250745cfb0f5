namespace SessionManager.AspNetCore.Configuration;

/// <summary>Types that stand for a content they do not hold yet. Writing one would block, run it, or write something
/// else.</summary>
internal static class DeferredType
{
    public static bool Is(
        Type type) => IsTask(type) || typeof(Delegate).IsAssignableFrom(type) || typeof(Stream).IsAssignableFrom(type)
        || IsBuiltFrom(type, typeof(Lazy<>)) || IsBuiltFrom(type, typeof(IAsyncEnumerable<>));

    /// <summary>What to do instead of storing one, as a sentence.</summary>
    public static string Remedy(Type type) =>
        IsTask(type) ? "Await it, and store its result." : "Store the data that it yields.";

    private static bool IsTask(Type type) =>
        typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || IsBuiltFrom(type, typeof(ValueTask<>));

    private static bool IsBuiltFrom(Type? type, Type definition)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == definition)
            {
                return true;
            }
        }

        return false;
    }
}
