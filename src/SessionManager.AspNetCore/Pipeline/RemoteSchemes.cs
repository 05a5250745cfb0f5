using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Reads the options of remote authentication schemes, whose types this library does not know.</summary>
internal static class RemoteSchemes
{
    /// <summary>Returns the options of a scheme; <see langword="null"/> when its handler is not that of a remote
    /// scheme.</summary>
    [UnconditionalSuppressMessage(
        "Trimming", "IL2055", Justification = "The handler itself needs the monitor of its options.")]
    [UnconditionalSuppressMessage(
        "Trimming", "IL2070", Justification = "The handler itself needs the monitor of its options.")]
    [UnconditionalSuppressMessage(
        "AOT", "IL3050", Justification = "The handler itself needs the monitor of its options.")]
    public static RemoteAuthenticationOptions? OptionsOf(IServiceProvider services, Type? handler, string scheme)
    {
        for (var type = handler; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(RemoteAuthenticationHandler<>))
            {
                var monitor = services.GetService(
                    typeof(IOptionsMonitor<>).MakeGenericType(type.GetGenericArguments()));
                return (monitor as IOptionsMonitor<RemoteAuthenticationOptions>)?.Get(scheme);
            }
        }

        return null;
    }
}
