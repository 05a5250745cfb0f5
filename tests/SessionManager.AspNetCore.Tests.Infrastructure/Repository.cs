using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>The files of the repository that the tests run in.</summary>
internal static partial class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The sources under a folder.</summary>
    public static IEnumerable<string> SourceFiles(params string[] folder) => FilesOf("*.cs", Path.Combine([Root, .. folder]));

    /// <summary>All files under a folder, but for what the build makes.</summary>
    public static IEnumerable<string> FilesUnder(params string[] folder) =>
        FilesOf("*", Path.Combine([Root, .. folder]));

    /// <summary>All documents, by their path from the root.</summary>
    public static IEnumerable<string> Documents() => FilesOf("*.md", Root).Select(file => Path.GetRelativePath(Root, file));

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    /// <summary>The names that a document may give as a proof: every method that is a test, and every class that has one.</summary>
    public static IReadOnlySet<string> TestNames()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var files = SourceFiles("tests").Concat(SourceFiles("src", "SessionManager.AspNetCore.StoreConformance"));
        foreach (var source in files.Select(file => File.ReadAllText(file)))
        {
            var tests = TestPattern().Matches(source).Select(match => match.Groups[1].Value).ToList();
            names.UnionWith(tests);
            if (tests.Count > 0)
            {
                names.UnionWith(ClassPattern().Matches(source).Select(match => match.Groups[1].Value));
            }
        }

        return names;
    }

    private static IEnumerable<string> FilesOf(string pattern, string folder) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SessionManager.AspNetCore.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }

    // The attributes stand on lines of their own, right above the method.
    [GeneratedRegex(@"^[ ]+\[(?:Fact|Theory)\b[^\n]*\n(?:[ ]+[\[""(][^\n]*\n)*[ ]+public (?:async )?(?:Task|ValueTask|void) (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex TestPattern();

    [GeneratedRegex(@"^public (?:sealed |abstract )?(?:partial )?class (\w+Tests)\b", RegexOptions.Multiline)]
    private static partial Regex ClassPattern();
}
