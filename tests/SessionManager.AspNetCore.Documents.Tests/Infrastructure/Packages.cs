using System.Text.Json;
using Microsoft.CodeAnalysis;

namespace SessionManager.AspNetCore.Documents.Tests.Infrastructure;

/// <summary>What an application can compile against: the framework, and the packages it adds with all that they need.</summary>
internal static class Packages
{
    private static readonly Lazy<IReadOnlyDictionary<string, (string[] Needs, string[] Files)>> Known = new(ReadDependencies);
    private static readonly Lazy<IReadOnlyList<MetadataReference>> Framework = new(() =>
        [.. FrameworkFiles().Select(file => (MetadataReference)MetadataReference.CreateFromFile(file))]);

    /// <summary>The assemblies of the framework and of the packages, of those that are packages here.</summary>
    public static IReadOnlyList<MetadataReference> ReferencesOf(IEnumerable<string> packages)
    {
        var (found, open) = (new HashSet<string>(StringComparer.OrdinalIgnoreCase), new Stack<string>(packages));
        while (open.TryPop(out var package))
        {
            if (Known.Value.TryGetValue(package, out var known) && found.Add(package))
            {
                Array.ForEach(known.Needs, open.Push);
            }
        }

        var own = found.SelectMany(package => Known.Value[package].Files).Select(file => Path.Combine(AppContext.BaseDirectory, file)).ToList();
        var replaced = own.Select(Path.GetFileNameWithoutExtension).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. Framework.Value.Where(reference => !replaced.Contains(Path.GetFileNameWithoutExtension(reference.Display))),
            .. own.Select(file => MetadataReference.CreateFromFile(file)),
        ];
    }

    // What the host has on its list is managed code; what else lies in these folders need not be.
    private static IEnumerable<string> FrameworkFiles()
    {
        var listed = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(Path.GetFileName).ToHashSet();
        return new[] { typeof(object), typeof(Microsoft.AspNetCore.Builder.WebApplication) }
            .SelectMany(type => Directory.EnumerateFiles(Path.GetDirectoryName(type.Assembly.Location)!, "*.dll"))
            .Where(file => listed.Contains(Path.GetFileName(file)));
    }

    private static Dictionary<string, (string[] Needs, string[] Files)> ReadDependencies()
    {
        var file = Path.Combine(AppContext.BaseDirectory, typeof(Packages).Assembly.GetName().Name + ".deps.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject().ToDictionary(
            library => library.Name.Split('/')[0],
            library => (NamesOf(library.Value, "dependencies"), NamesOf(library.Value, "runtime").Select(name => Path.GetFileName(name)).ToArray()),
            StringComparer.OrdinalIgnoreCase);
    }

    private static string[] NamesOf(JsonElement library, string property) =>
        library.TryGetProperty(property, out var names) ? [.. names.EnumerateObject().Select(name => name.Name)] : [];
}
