using System.Text.RegularExpressions;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Documents.Tests.Infrastructure;

/// <summary>A document: its blocks of C#, and the packages that it tells its reader to add.</summary>
internal sealed partial class Document
{
    private static readonly string[] Languages = ["csharp", "cs", "c#"];

    public Document(string file, string text)
    {
        File = file;
        Blocks = [.. ReadBlocks(file, text)];
        AddedPackages = [.. AddPattern().Matches(text).Select(match => match.Groups[1].Value).Distinct()];
        NamedPackages = [.. NamePattern().Matches(text).Select(match => match.Groups[1].Value).Distinct()];
    }

    public string File { get; }

    public IReadOnlyList<CodeBlock> Blocks { get; }

    /// <summary>The packages of its <c>dotnet add package</c> lines.</summary>
    public IReadOnlyList<string> AddedPackages { get; }

    /// <summary>Whatever it names in a line of code, in which packages are among others.</summary>
    public IReadOnlyList<string> NamedPackages { get; }

    public static Document Read(string file) => new(file, Repository.Read(file));

    /// <summary>The documents that have code.</summary>
    public static IEnumerable<Document> All() => Repository.Documents().Select(Read).Where(document => document.Blocks.Count > 0);

    // A fence may stand in a quotation or a list: its prefix is not code.
    private static IEnumerable<CodeBlock> ReadBlocks(string file, string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (FencePattern().Match(lines[i]) is not { Success: true } fence)
            {
                continue;
            }

            var (prefix, start) = (fence.Groups["prefix"].Value, i + 1);
            for (i = start; i < lines.Length && lines[i].Trim(' ', '>', '\t', '\r') != fence.Groups["fence"].Value; i++)
            {
            }

            if (Languages.Contains(fence.Groups["language"].Value, StringComparer.OrdinalIgnoreCase))
            {
                var code = lines[start..i].Select(line => line.StartsWith(prefix, StringComparison.Ordinal) ? line[prefix.Length..] : line.TrimStart('>'));
                yield return new CodeBlock(file, start + 1, string.Join('\n', code));
            }
        }
    }

    [GeneratedRegex(@"^(?<prefix>[\s>]*)(?:[-*]\s+)?(?<fence>`{3,}|~{3,})[ \t]*(?<language>[^\s`]*)")]
    private static partial Regex FencePattern();

    [GeneratedRegex(@"^[>\s]*dotnet add package ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex AddPattern();

    [GeneratedRegex(@"(?:`|dotnet add package )([A-Z]\w*(?:\.\w+)+)\b")]
    private static partial Regex NamePattern();
}
