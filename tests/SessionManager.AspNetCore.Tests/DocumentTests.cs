using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>That docs/observability.md names what there is, all of it and nothing else.</summary>
public sealed partial class DocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "observability.md"));

    [Fact]
    public async Task Every_instrument_is_in_the_document_with_its_unit_and_every_one_in_the_document_exists()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var meters = app.Services.GetRequiredService<IMeterFactory>();
        var published = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "SessionManager.AspNetCore" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    published.Add($"{instrument.Name} {instrument.Unit}");
                }
            },
        };
        listener.Start();

        var documented = RowPattern().Matches(Document).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}").ToHashSet(StringComparer.Ordinal);

        Assert.True(published.Count >= 8);
        Assert.Equal(published.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_attribute_is_in_the_document_and_every_one_in_the_document_exists()
    {
        var folder = Path.Combine(Repository.Root, "src", "SessionManager.AspNetCore", "Diagnostics");
        var used = Directory.EnumerateFiles(folder, "*.cs").SelectMany(file => NamePattern().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value);
        var named = DocumentedNamePattern().Matches(Document).Select(match => match.Groups[1].Value);

        Assert.Equal(used.Distinct().Order(StringComparer.Ordinal), named.Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\| `(session_manager\.[\w.]+)` \|[^|]*\| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex RowPattern();

    [GeneratedRegex("\"(session_manager\\.[\\w.]+)\"")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"`(session_manager\.[\w.]+)`")]
    private static partial Regex DocumentedNamePattern();
}
