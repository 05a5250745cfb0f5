using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests;

/// <summary>How the package is laid out.</summary>
public sealed partial class ConventionTests
{
    private static readonly string Log = Repository.Read("src", "SessionManager.AspNetCore.OpenIdConnect", "Diagnostics", "Log.cs");

    [Fact]
    public void One_type_is_public() => Assert.Equal(
        [typeof(SessionManagerOpenIdConnectExtensions)], typeof(SessionManagerOpenIdConnectExtensions).Assembly.GetExportedTypes());

    [Fact]
    public void Every_log_event_has_a_number_of_its_own_and_is_in_the_document()
    {
        var document = Repository.Read("docs", "openid-connect.md");
        var numbers = EventPattern().Matches(Log).Select(match => int.Parse(match.Groups[1].ValueSpan, provider: null)).ToList();

        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Distinct(), numbers);
        Assert.All(numbers, number => Assert.InRange(number, 500, 599));
        Assert.All(numbers, number => Assert.Contains($"| {number} |", document, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\[LoggerMessage\((\d+),")]
    private static partial Regex EventPattern();
}
