using SessionManager.AspNetCore.Documents.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Documents.Tests;

/// <summary>All C# in the documents compiles, with the packages that its document names.</summary>
public sealed class CodeBlockTests
{
    // The applications that the fragments of a document are part of have it.
    private const string Core = "SessionManager.AspNetCore";

    private static readonly Document Readme = Document.Read("README.md");

    public static TheoryData<string> Blocks => [.. Document.All().SelectMany(document => document.Blocks).Select(block => block.ToString())];

    [Fact]
    public void The_first_two_blocks_of_the_README_are_an_application_with_the_packages_it_adds_before_them()
    {
        Assert.Contains(Core, Readme.AddedPackages);
        Assert.All(Readme.AddedPackages, package => Assert.StartsWith(Core, package, StringComparison.Ordinal));
        AssertClean(BlockCompiler.CheckProgram(Readme.Blocks.Take(2), Readme.AddedPackages));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_block_compiles(string block)
    {
        var document = Document.Read(block.Split(':')[0]);
        AssertClean(BlockCompiler.CheckFragment(document.Blocks.Single(candidate => candidate.ToString() == block), [Core, .. document.NamedPackages]));
    }

    [Fact]
    public void The_README_has_the_two_commands_first_and_a_program_of_some_ten_lines_before_line_30()
    {
        var lines = Repository.Read("README.md").Split('\n');
        Assert.Equal(["```", "dotnet run --project samples/QuickStart", "dotnet test", "```"], lines.SkipWhile(line => line != "```").Take(4));
        Assert.Contains("WebApplication.CreateBuilder", Readme.Blocks[0].Text, StringComparison.Ordinal);
        var length = Readme.Blocks[0].Text.Split('\n').Length;
        Assert.InRange(length, 8, 13);
        Assert.InRange(Readme.Blocks[0].Line + length, 1, 30);
    }

    [Fact]
    public void The_README_shows_the_program_of_the_sample() =>
        Assert.Equal(Repository.Read("samples", "QuickStart", "Program.cs").Trim(), Readme.Blocks[0].Text.Trim());

    [Fact]
    public void Files_come_before_sessions_in_the_README_and_in_each_sample()
    {
        var programs = Repository.SourceFiles("samples").Where(file => Path.GetFileName(file) == "Program.cs").Select(File.ReadAllText).ToList();
        Assert.Equal(3, programs.Count);
        Assert.All([.. programs, Readme.Blocks[0].Text], program =>
        {
            var (files, sessions) = (program.IndexOf("app.UseFileServer(", StringComparison.Ordinal), program.IndexOf("app.UseSessionManager(", StringComparison.Ordinal));
            Assert.InRange(files, 1, sessions);
        });
    }

    private static void AssertClean(IReadOnlyList<string> found) => Assert.True(found.Count == 0, string.Join('\n', found));
}
