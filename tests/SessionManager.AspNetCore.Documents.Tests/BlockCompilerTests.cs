using SessionManager.AspNetCore.Documents.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Documents.Tests;

/// <summary>That the check of the documents' code finds what is broken, and says where.</summary>
public sealed class BlockCompilerTests
{
    private const string Core = "SessionManager.AspNetCore";

    [Theory]
    [InlineData("session.SetUserIdentity(user.Id);", "CS1061")]
    [InlineData("session.SetUserId(user.Id)", "CS1002")]
    [InlineData("session.StoreValue(\"cart\", basket);", "CS0103")]
    [InlineData("await session.UpdateValueAsync<int>(\"visits\", n => n + \"1\");", "CS")]
    [InlineData("string id = session.GetUserId();\nid.ToString();", "CS8600")]
    public void A_broken_fragment_is_told_with_file_line_and_reason(string code, string error)
    {
        var document = new Document("docs/some.md", $"# Some\n\n```csharp\nsession.ClearSession();\n{code}\n```\n");

        var found = BlockCompiler.CheckFragment(Assert.Single(document.Blocks), [Core]);

        Assert.StartsWith($"docs/some.md(5): {error}", found[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_fragment_that_compiles_has_nothing_against_it() =>
        Assert.Empty(BlockCompiler.CheckFragment(new CodeBlock("some.md", 1, "session.StoreValue(\"cart\", cart);"), [Core]));

    [Fact]
    public void A_program_gets_nothing_but_the_implicit_usings()
    {
        var program = new CodeBlock("README.md", 10, "var app = WebApplication.Create(args);\napp.MapGet(\"/\", (ISessionManager session) => session.GetUserId());");

        Assert.StartsWith("README.md(11): CS0246", Assert.Single(BlockCompiler.CheckProgram([program], [Core])), StringComparison.Ordinal);
        Assert.Empty(BlockCompiler.CheckProgram([program with { Text = $"using {Core};\n{program.Text}" }], [Core]));
    }

    [Fact]
    public void A_package_that_a_document_does_not_name_is_missed()
    {
        const string Code = "> ```csharp\n> sessions.AddRedisStore(\"localhost\");\n> ```\n";
        var (silent, naming) = (new Document("redis.md", Code), new Document("redis.md", Code + "\nThe package is `SessionManager.AspNetCore.Redis`.\n"));

        Assert.StartsWith("redis.md(2): CS1061", Assert.Single(Check(silent)), StringComparison.Ordinal);
        Assert.Empty(Check(naming));
    }

    [Fact]
    public void Every_kind_of_fence_is_found()
    {
        var document = new Document("some.md", "```csharp\na\n```\ntext\n> ```cs\n> b\n> ```\n\n~~~ C#\nc\n~~~\n- ```csharp\n  d\n  ```\n```json\ne\n```\n````csharp\nf\n```\n````\n");

        Assert.Equal(["a", "b", "c", "  d", "f\n```"], document.Blocks.Select(block => block.Text));
        Assert.Equal([2, 6, 10, 13, 19], document.Blocks.Select(block => block.Line));
    }

    private static IReadOnlyList<string> Check(Document document) => BlockCompiler.CheckFragment(document.Blocks[0], [Core, .. document.NamedPackages]);
}
