using System.Text.RegularExpressions;
using SessionManager.AspNetCore.Documents.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Documents.Tests;

/// <summary>The store in the doc comment of <see cref="ISessionRecordStore"/>, exactly as it stands there.</summary>
public sealed partial class DocumentedStoreTests : SessionStoreConformance
{
    private const string InMemory = "The store is a dictionary in memory.";
    private const string Place = "src/SessionManager.AspNetCore/Storage/ISessionRecordStore.cs";

    private static readonly Lazy<CodeBlock> Documented = new(ReadBlock);
    private static readonly Lazy<Type> StoreType = new(() =>
        BlockCompiler.Load(Documented.Value, ["SessionManager.AspNetCore"]).GetExportedTypes().Single());

    private readonly ISessionRecordStore _one = (ISessionRecordStore)Activator.CreateInstance(StoreType.Value)!;

    protected override Capability<ISessionRecordStore> SecondStore => Capability.Missing<ISessionRecordStore>(InMemory);

    protected override Capability<ISessionStoreProbe> Probe => Capability.Missing<ISessionStoreProbe>(InMemory);

    protected override Capability<IMediumFaults> Faults => Capability.Missing<IMediumFaults>(InMemory);

    protected override Capability<IMediumTimes> Times => Capability.Missing<IMediumTimes>("The store keeps all.");

    protected override Capability<IMediumDamage> Damage => Capability.Missing<IMediumDamage>(InMemory);

    protected override Capability<IMediumEviction> Eviction => Capability.Missing<IMediumEviction>(InMemory);

    [Fact]
    public void The_documented_store_is_short_and_narrow()
    {
        string[] lines = Documented.Value.Text.Split('\n');

        Assert.InRange(lines.SkipWhile(line => !line.StartsWith("public", StringComparison.Ordinal)).Count(), 30, 45);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 120 - "/// ".Length));
    }

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => _one;

    private static CodeBlock ReadBlock()
    {
        var source = Repository.Read(Place.Split('/'));
        var code = CodePattern().Match(source);
        var lines = code.Groups[1].Value.TrimEnd(
            '\n').Split('\n').Select(line => line is "///" ? "" : line["/// ".Length..]);
        return new CodeBlock(Place, source[..code.Groups[1].Index].Count(c => c == '\n') + 1, string.Join('\n', lines));
    }

    [GeneratedRegex(
        @"^/// <code><!\[CDATA\[\n(.*?)^/// \]\]></code>", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodePattern();
}
