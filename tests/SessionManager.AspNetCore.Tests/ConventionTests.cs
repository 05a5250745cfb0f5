using System.Reflection;
using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Tests;

/// <summary>How the code is laid out, and that what the documents name is there.</summary>
public sealed partial class ConventionTests
{
    private static readonly Assembly Core = typeof(ISessionManager).Assembly;

    [Fact]
    public void Sub_folders_hold_internal_types_only()
    {
        var exposed = Core.GetExportedTypes().Where(type => type.Namespace!.StartsWith("SessionManager.AspNetCore.", StringComparison.Ordinal));

        Assert.Empty(exposed);
    }

    [Fact]
    public void Namespaces_follow_folders()
    {
        var root = Path.Combine(Repository(), "src", "SessionManager.AspNetCore");
        foreach (var file in SourceFiles(root))
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath(root, file))!;
            var expected = folder.Length == 0 ? "SessionManager.AspNetCore" : $"SessionManager.AspNetCore.{folder}";
            var actual = NamespacePattern().Match(File.ReadAllText(file)).Groups[1].Value;

            Assert.True(
                actual == expected || (folder.Length == 0 && file.EndsWith("Extensions.cs", StringComparison.Ordinal) && actual.StartsWith("Microsoft.", StringComparison.Ordinal)),
                $"{file} has the namespace {actual}.");
        }
    }

    [Fact]
    public void Every_log_event_has_a_number_of_its_own()
    {
        var log = File.ReadAllText(Path.Combine(Repository(), "src", "SessionManager.AspNetCore", "Diagnostics", "Log.cs"));
        var numbers = EventPattern().Matches(log).Select(match => int.Parse(match.Groups[1].ValueSpan, provider: null)).ToList();

        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.All(numbers, number => Assert.InRange(number, 1, 99));
    }

    [Fact]
    public void Every_test_that_the_guarantees_name_exists()
    {
        var tests = string.Concat(SourceFiles(Path.Combine(Repository(), "tests")).Select(File.ReadAllText));
        var named = TestNamePattern().Matches(File.ReadAllText(Path.Combine(Repository(), "docs", "guarantees.md"))).Select(match => match.Groups[1].Value).ToList();

        Assert.True(named.Count > 30, "The document names hardly any tests.");
        Assert.All(named, name => Assert.Matches($@"(Task|void|class) {name}\b", tests));
    }

    private static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    internal static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SessionManager.AspNetCore.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"\[LoggerMessage\((\d+),")]
    private static partial Regex EventPattern();

    [GeneratedRegex(@"`([A-Z]\w*_\w+|\w+Tests)`")]
    private static partial Regex TestNamePattern();
}
