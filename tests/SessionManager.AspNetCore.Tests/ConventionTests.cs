using System.Reflection;
using System.Text.RegularExpressions;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>How the code is laid out, and that what the documents name is there.</summary>
public sealed partial class ConventionTests
{
    private static readonly Assembly Core = typeof(ISessionManager).Assembly;

    // OWASP ASVS 5.0, chapter V7 whole, and what else of it is about sessions.
    private static readonly string[] Requirements =
    [
        "3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.3.5",
        "7.1.1", "7.1.2", "7.1.3", "7.2.1", "7.2.2", "7.2.3", "7.2.4", "7.3.1", "7.3.2", "7.4.1", "7.4.2", "7.4.3", "7.4.4", "7.4.5",
        "7.5.1", "7.5.2", "7.5.3", "7.6.1", "7.6.2",
        "11.5.1", "14.2.1", "14.2.7", "14.3.2", "16.2.5", "16.3.1", "16.5.1", "16.5.2", "16.5.3",
    ];

    public static TheoryData<string> Documents => [.. Repository.Documents()];

    [Fact]
    public void Sub_folders_but_the_one_for_stores_hold_internal_types_only()
    {
        var exposed = Core.GetExportedTypes().Where(type =>
            type.Namespace!.StartsWith("SessionManager.AspNetCore.", StringComparison.Ordinal)
            && !string.Equals(type.Namespace, "SessionManager.AspNetCore.Storage", StringComparison.Ordinal));

        Assert.Empty(exposed);
    }

    [Fact]
    public void No_line_of_a_source_is_wider_than_120_columns()
    {
        var wide = Repository.SourceFiles("src")
            .SelectMany(file => File.ReadLines(file).Select((line, i) => (Place: $"{Path.GetRelativePath(Repository.Root, file)}:{i + 1}", line.Length)))
            .Where(line => line.Length > 120)
            .Select(line => line.Place);

        Assert.Empty(wide);
    }

    [Theory]
    [InlineData("src", "SessionManager.AspNetCore")]
    [InlineData("tests", "SessionManager.AspNetCore.Tests")]
    [InlineData("tests", "SessionManager.AspNetCore.Tests.Infrastructure")]
    public void Namespaces_follow_folders(string side, string project)
    {
        var root = Path.Combine(Repository.Root, side, project);
        foreach (var file in Repository.SourceFiles(side, project))
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath(root, file))!;
            var expected = folder.Length == 0 ? project : $"{project}.{folder.Replace(Path.DirectorySeparatorChar, '.')}";
            var match = NamespacePattern().Match(File.ReadAllText(file));
            var actual = match.Success ? match.Groups[1].Value : expected;

            Assert.True(
                actual == expected || (folder.Length == 0 && file.EndsWith("Extensions.cs", StringComparison.Ordinal) && actual.StartsWith("Microsoft.", StringComparison.Ordinal)),
                $"{file} has the namespace {actual}.");
        }
    }

    [Fact]
    public void The_tests_of_the_core_have_the_folders_of_the_core()
    {
        Assert.Equal(FoldersOf("src", "SessionManager.AspNetCore"), FoldersOf("tests", "SessionManager.AspNetCore.Tests"));

        static IEnumerable<string> FoldersOf(string side, string project) =>
            Repository.SourceFiles(side, project)
                .Select(file => Path.GetRelativePath(Path.Combine(Repository.Root, side, project), file))
                .Select(file => file.Split(Path.DirectorySeparatorChar))
                .Where(parts => parts.Length > 1)
                .Select(parts => parts[0])
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal);
    }

    [Fact]
    public void Only_tests_and_benchmarks_see_internals()
    {
        var friends = Repository.FilesUnder("src")
            .Where(file => Path.GetExtension(file) is ".cs" or ".csproj" or ".props")
            .SelectMany(file => FriendPattern().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .ToList();

        Assert.NotEmpty(friends);
        Assert.All(friends, name => Assert.Matches(@"\.(Tests|Tests\.Infrastructure|Benchmarks)$", name));
    }

    [Fact]
    public void Every_log_event_has_a_number_of_its_own()
    {
        var log = Repository.Read("src", "SessionManager.AspNetCore", "Diagnostics", "Log.cs");
        var numbers = EventPattern().Matches(log).Select(match => int.Parse(match.Groups[1].ValueSpan, provider: null)).ToList();

        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.All(numbers, number => Assert.InRange(number, 1, 99));
    }

    [Theory]
    [InlineData("guarantees.md", 30)]
    [InlineData("security.md", 30)]
    [InlineData("applications.md", 10)]
    [InlineData("observability.md", 4)]
    [InlineData("identity.md", 20)]
    public void Every_test_that_the_guarantees_name_exists(string document, int least)
    {
        var tests = Repository.TestNames();
        var named = TestNamePattern().Matches(Repository.Read("docs", document)).Select(match => match.Groups[1].Value).ToList();

        Assert.True(named.Count > least, "The document names hardly any tests.");
        Assert.All(named, name => Assert.Contains(name, tests));
    }

    [Fact]
    public void Every_requirement_has_one_row()
    {
        var ids = SecurityRows().Where(row => row.Cells.Length == 5).Select(row => row.Cells[0]).Where(id => RequirementPattern().IsMatch(id)).ToList();

        Assert.Equal(Requirements, ids.OrderBy(id => Array.IndexOf(Requirements, id)));
    }

    [Fact]
    public void Every_row_that_is_the_librarys_duty_names_its_proof_and_nothing_else_as_proof()
    {
        var tests = Repository.TestNames();
        var rows = SecurityRows().Where(row => row.Header[^1] == "test").ToList();

        Assert.True(rows.Count > 60, "The document has hardly any rows.");
        Assert.All(rows, row =>
        {
            var named = CodePattern().Matches(row.Cells[^1]).Select(match => match.Groups[1].Value).ToList();
            var duty = Array.IndexOf(row.Header, "duty") is >= 0 and var column ? row.Cells[column] : "library";
            Assert.Contains(duty, (string[])["library", "application", "both"]);
            Assert.True(named.Count > 0 || duty == "application", $"{row.Cells[0]} names no test.");
            Assert.All(named, name => Assert.Contains(name, tests));
        });
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_within_the_repository_leads_somewhere(string document)
    {
        var text = FencePattern().Replace(Repository.Read(document), "");
        foreach (var target in LinkPattern().Matches(text).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal)))
        {
            var (path, anchor) = target.Split('#') is [var file, var heading] ? (file, heading) : (target, null);
            var full = path.Length == 0
                ? Path.Combine(Repository.Root, document)
                : Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, path);

            Assert.True(File.Exists(full) || Directory.Exists(full), $"{document} links to {target}, which is not there.");
            Assert.True(anchor is null || AnchorsOf(File.ReadAllText(full)).Contains(anchor), $"{document} links to {target}, which has no such heading.");
        }
    }

    /// <summary>The rows of every table of the document, each with the header of its table.</summary>
    private static IEnumerable<(string[] Header, string[] Cells)> SecurityRows()
    {
        string[]? header = null;
        foreach (var line in Repository.Read("docs", "security.md").Split('\n'))
        {
            if (!line.StartsWith('|'))
            {
                header = null;
                continue;
            }

            string[] cells = [.. line.TrimEnd().Split('|')[1..^1].Select(cell => cell.Trim())];
            if (header is null)
            {
                header = cells;
            }
            else if (!cells[0].StartsWith("---", StringComparison.Ordinal))
            {
                Assert.True(cells.Length == header.Length, $"The row '{cells[0]}' has {cells.Length} cells under {header.Length} headings.");
                yield return (header, cells);
            }
        }
    }

    // As GitHub makes them of headings.
    private static List<string> AnchorsOf(string markdown) =>
        [.. HeadingPattern().Matches(FencePattern().Replace(markdown, "")).Select(match =>
            string.Concat(match.Groups[1].Value.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'))];

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex("""InternalsVisibleTo(?: Include=|\()"([^"]*)""")]
    private static partial Regex FriendPattern();

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+),")]
    private static partial Regex EventPattern();

    [GeneratedRegex(@"`([A-Z]\w*_\w+|\w+Tests)`")]
    private static partial Regex TestNamePattern();

    [GeneratedRegex(@"^\d+\.\d+\.\d+$")]
    private static partial Regex RequirementPattern();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FencePattern();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex HeadingPattern();
}
