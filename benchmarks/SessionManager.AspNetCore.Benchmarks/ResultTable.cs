using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>A table of results: written to the console, and into a document in the place of the last run's.</summary>
internal sealed class ResultTable(params string[] columns)
{
    private readonly List<string> _lines = [RowOf(columns), RowOf([.. columns.Select(_ => "---")])];

    public void Add(params FormattableString[] cells) => _lines.Add(RowOf([.. cells.Select(FormattableString.Invariant)]));

    /// <summary>Writes it.</summary>
    /// <param name="name">Its name in the document: it stands between the comments <c>name</c> and <c>/name</c>.</param>
    /// <param name="file">The document.</param>
    public void Write(string name, string file = "performance.md")
    {
        var text = string.Join('\n', _lines);
        Console.WriteLine(text);
        var document = Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "docs", file);
        var pattern = new Regex($"(?<=<!-- {name} -->\n).*?(?=\n<!-- /{name} -->)", RegexOptions.Singleline, TimeSpan.FromSeconds(1));
        File.WriteAllText(document, pattern.Replace(File.ReadAllText(document), text.Replace("$", "$$", StringComparison.Ordinal)));
    }

    private static string RowOf(string[] cells) => cells[0] == "---" ? $"|{string.Join('|', cells)}|" : $"| {string.Join(" | ", cells)} |";

    private static string Here([CallerFilePath] string path = "") => path;
}
