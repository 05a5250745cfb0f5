using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.StaticAssets;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What the <see cref="SessionAttribute"/>s of an endpoint say together. Merged once for each endpoint: a
/// request looks it up.</summary>
internal sealed class EndpointSettings
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly ConditionalWeakTable<EndpointMetadataCollection, SessionAttribute> _merged = [];

    /// <summary>The settings of an endpoint; <see langword="null"/> when nobody named any.</summary>
    public SessionAttribute? Of(EndpointMetadataCollection? metadata) =>
        metadata?.GetMetadata<SessionAttribute>() is null ? null : _merged.GetValue(metadata, Merge);

    /// <summary>Whether an endpoint is a static asset without settings of its own.</summary>
    public static bool IsForAsset(EndpointMetadataCollection? metadata) =>
        metadata?.GetMetadata<StaticAssetDescriptor>() is not null && metadata.GetMetadata<SessionAttribute>() is null;

    private static SessionAttribute Merge(EndpointMetadataCollection metadata)
    {
        var declared = DeclaredBy(metadata).ToList();
        return SessionAttribute.Merge(metadata.GetOrderedMetadata<SessionAttribute>().SelectMany(level =>
        {
            // An attribute of a class or a method hides those of the base class or of the overridden method from who
            // asks for attributes.
            var index = declared.FindIndex(chain => chain[^1].Match(level));
            if (index < 0)
            {
                return [level];
            }

            var chain = declared[index];
            declared.RemoveAt(index);
            return chain;
        }));
    }

    // What each class and method that the endpoint was made of declares, from its most remote ancestor to itself.
    private static IEnumerable<List<SessionAttribute>> DeclaredBy(EndpointMetadataCollection metadata)
    {
        foreach (var item in metadata)
        {
            var (type, method) = item switch
            {
                ControllerActionDescriptor action => (action.ControllerTypeInfo, action.MethodInfo),
                CompiledPageActionDescriptor page => (page.HandlerTypeInfo, null),
                HubMetadata hub => (hub.HubType, null),
                ComponentTypeMetadata component => (component.Type, null),
                MethodInfo handler => (null, handler),
                _ => ((Type?)null, (MethodInfo?)null),
            };
            foreach (var chain in new[] { ChainOf(type), ChainOf(method) }.Where(chain => chain.Count > 0))
            {
                yield return chain;
            }
        }
    }

    private static List<SessionAttribute> ChainOf(Type? type)
    {
        var chain = new List<SessionAttribute>();
        for (; type is not null; type = type.BaseType)
        {
            chain.AddRange(type.GetCustomAttributes<SessionAttribute>(inherit: false));
        }

        chain.Reverse();
        return chain;
    }

    [UnconditionalSuppressMessage(
        "Trimming", "IL2075", Justification = "Nobody calls a trimmed method, so nobody misses what it declares.")]
    private static List<SessionAttribute> ChainOf(MethodInfo? method)
    {
        var chain = new List<SessionAttribute>();
        for (var type = method?.ReflectedType; type is not null; type = type.BaseType)
        {
            chain.AddRange(type
                .GetMethods(Declared)
                .Where(declared => declared == method
                    || (method!.IsVirtual && declared.GetBaseDefinition() == method.GetBaseDefinition()))
                .SelectMany(declared => declared.GetCustomAttributes<SessionAttribute>(inherit: false)));
        }

        chain.Reverse();
        return chain;
    }
}
