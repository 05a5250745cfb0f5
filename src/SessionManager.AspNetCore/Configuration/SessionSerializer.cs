using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>The serializer options used unless the application sets its own.</summary>
internal static class SessionSerializer
{
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
