using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>The serializer options.</summary>
internal static class SessionSerializer
{
    private const string Reflection = "Reflection is used only in an application that has it enabled.";

    /// <summary>
    /// Gives options without a resolver the default one, in a copy: the application may use its object elsewhere too.
    /// Options that have a resolver are the application's own and stay as they are.
    /// </summary>
    public static JsonSerializerOptions Complete(JsonSerializerOptions options)
    {
        if (options.TypeInfoResolver is not null || !JsonSerializer.IsReflectionEnabledByDefault)
        {
            return options;
        }

        var completed = new JsonSerializerOptions(options)
        {
            IncludeFields = true,
            TypeInfoResolver = CreateResolver(),
        };
        if (completed.ReferenceHandler is null)
        {
            // It would write the references of what it holds anew.
            completed.Converters.Add(new UntypedConverter());
        }

        completed.MakeReadOnly();
        return completed;
    }

    /// <summary>The options used unless the application sets its own.</summary>
    public static JsonSerializerOptions CreateDefaultOptions() => new()
    {
        AllowDuplicateProperties = false,
        IncludeFields = true,
        Converters = { new UntypedConverter() },
        TypeInfoResolver =
            JsonSerializer.IsReflectionEnabledByDefault ? CreateResolver() : JsonTypeInfoResolver.Combine(),
    };

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Reflection)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Reflection)]
    private static DefaultJsonTypeInfoResolver CreateResolver() => new() { Modifiers = { MemberRestoration.Apply } };
}
