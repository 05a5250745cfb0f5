using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>The serializer options.</summary>
internal static class SessionSerializer
{
    /// <summary>Gives options without a resolver the default one, as System.Text.Json does at their first use.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reflection is used only where the application left it on.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reflection is used only where the application left it on.")]
    public static void Complete(JsonSerializerOptions options)
    {
        if (options.TypeInfoResolver is null && JsonSerializer.IsReflectionEnabledByDefault)
        {
            options.MakeReadOnly(populateMissingResolver: true);
        }
    }

    /// <summary>The options used unless the application sets its own.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reflection is used only where the application left it on.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reflection is used only where the application left it on.")]
    public static JsonSerializerOptions CreateDefaultOptions() => new()
    {
        AllowDuplicateProperties = false,
        TypeInfoResolver = JsonSerializer.IsReflectionEnabledByDefault
            ? new DefaultJsonTypeInfoResolver()
            : JsonTypeInfoResolver.Combine(),
    };
}
