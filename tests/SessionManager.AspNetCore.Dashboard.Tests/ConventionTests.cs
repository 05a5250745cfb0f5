using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>How the package is laid out.</summary>
public sealed partial class ConventionTests
{
    [Fact]
    public void One_type_is_public() =>
        Assert.Equal([typeof(SessionManagerDashboardExtensions)], typeof(SessionManagerDashboardExtensions).Assembly.GetExportedTypes());

    [Fact]
    public void Every_log_event_has_a_number_of_its_own()
    {
        var log = File.ReadAllText(Path.Combine(Repository(), "src", "SessionManager.AspNetCore.Dashboard", "Diagnostics", "Log.cs"));
        var numbers = EventPattern().Matches(log).Select(match => int.Parse(match.Groups[1].ValueSpan, provider: null)).ToList();

        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.All(numbers, number => Assert.InRange(number, 200, 299));
    }

    [Fact]
    public void Every_log_event_is_in_the_document()
    {
        var log = File.ReadAllText(Path.Combine(Repository(), "src", "SessionManager.AspNetCore.Dashboard", "Diagnostics", "Log.cs"));
        var document = File.ReadAllText(Path.Combine(Repository(), "docs", "dashboard.md"));
        Assert.All(EventPattern().Matches(log), match => Assert.Contains($"| {match.Groups[1].Value} |", document, StringComparison.Ordinal));
    }

    internal static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SessionManager.AspNetCore.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run in the repository.");
    }

    [GeneratedRegex(@"\[LoggerMessage\((\d+),")]
    private static partial Regex EventPattern();
}
