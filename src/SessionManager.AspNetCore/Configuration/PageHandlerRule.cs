using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Razor.Compilation;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>
/// Refuses a <see cref="SessionAttribute"/> on a method that handles a Razor page. MVC makes one endpoint of a page,
/// and takes no metadata from its handlers, so the attribute would do nothing.
/// </summary>
/// <remarks>
/// The application does not start: the pages that the build has compiled are known then, by MVC's feature of views. MVC
/// makes the model of a page at its first request, and making those of all pages would be a long start, so the types
/// are looked at instead. A page that is compiled only when it is first asked for (<c>AddRazorRuntimeCompilation</c>)
/// is refused then.
/// </remarks>
internal sealed class PageHandlerRule(IServiceProvider services) : IHostedService, IPageApplicationModelProvider
{
    // What MVC calls the property that holds a page's model.
    private const string ModelName = "Model";

    /// <summary>Behind MVC's own, which makes the model.</summary>
    public int Order => 0;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<ApplicationPartManager>() is { } parts)
        {
            var views = new ViewsFeature();
            parts.PopulateFeature(views);
            var pages = views.ViewDescriptors.Select(view => view.Type).OfType<Type>().Where(IsPage);
            ThrowIfAny(pages.SelectMany(MethodsOf));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void OnProvidersExecuting(PageApplicationModelProviderContext context) =>
        ThrowIfAny(MethodsOf(context.PageType));

    public void OnProvidersExecuted(PageApplicationModelProviderContext context)
    {
    }

    private static bool IsPage(Type type) => type.IsAssignableTo(typeof(PageBase));

    // A method counts whether it is a handler by name or not: on none of them the attribute does anything.
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A method that was trimmed handles nothing.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A method that was trimmed handles nothing.")]
    private static IEnumerable<MethodInfo> MethodsOf(Type page)
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;
        var model = page.GetProperties()
            .FirstOrDefault(property => string.Equals(property.Name, ModelName, StringComparison.Ordinal))
            ?.PropertyType;
        return new[] { page, model }.OfType<Type>().Distinct().SelectMany(type => type.GetMethods(any));
    }

    private static void ThrowIfAny(IEnumerable<MethodInfo> methods)
    {
        var marked = methods
            .Where(method => method.IsDefined(typeof(SessionAttribute), inherit: true))
            .Select(method => $"'{method.ReflectedType}.{method.Name}'")
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (marked.Count > 0)
        {
            throw new InvalidOperationException(
                $"[Session] is on {string.Join(", ", marked)}, which handles a Razor page. The attribute has no effect "
                + "on a handler method, because a page is one endpoint with all its handlers. Put the attribute on the "
                + "page model, or make the handler an endpoint of its own.");
        }
    }
}
