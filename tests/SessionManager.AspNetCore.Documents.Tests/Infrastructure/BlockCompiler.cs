using System.Globalization;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SessionManager.AspNetCore.Documents.Tests.Infrastructure;

/// <summary>Compiles the code of a document as <c>dotnet new web</c> would, and says what is wrong with it and where.</summary>
internal static class BlockCompiler
{
    // What ImplicitUsings gives a project of Microsoft.NET.Sdk.Web.
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    // What the SDK turns off too: a package was built against an older version of an assembly.
    private static readonly Dictionary<string, ReportDiagnostic> Ignored = new(StringComparer.Ordinal)
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
        ["CS1702"] = ReportDiagnostic.Suppress,
    };

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp14);

    /// <summary>The errors and warnings of a program that consists of these blocks and nothing else.</summary>
    public static IReadOnlyList<string> CheckProgram(IEnumerable<CodeBlock> blocks, IEnumerable<string> packages) =>
        Check([.. blocks.Select(Parse), CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing)], packages);

    /// <summary>The errors and warnings of a fragment, which may use what <see cref="Surroundings"/> declares.</summary>
    public static IReadOnlyList<string> CheckFragment(CodeBlock block, IEnumerable<string> packages) =>
        Check(
            [
                Parse(block),
                CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing),
                CSharpSyntaxTree.ParseText(Surroundings.Code, Parsing, path: "surroundings"),
            ],
            packages);

    /// <summary>Compiles a block that declares types, as a library, and loads it.</summary>
    /// <exception cref="InvalidOperationException">The block has errors or warnings.</exception>
    public static Assembly Load(CodeBlock block, IEnumerable<string> packages)
    {
        var compilation = Compile([Parse(block), CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing)], packages);
        using var assembly = new MemoryStream();
        return Check(compilation) is { Count: > 0 } found
            ? throw new InvalidOperationException(string.Join(Environment.NewLine, found))
            : compilation.Emit(assembly).Success
                ? Assembly.Load(assembly.ToArray())
                : throw new InvalidOperationException($"{block} can't be emitted.");
    }

    private static SyntaxTree Parse(CodeBlock block) => CSharpSyntaxTree.ParseText(block.Text, Parsing, path: block.ToString());

    private static IReadOnlyList<string> Check(SyntaxTree[] trees, IEnumerable<string> packages) =>
        Check(Compile(trees, packages));

    private static IReadOnlyList<string> Check(CSharpCompilation compilation) =>
        [.. compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(Describe)];

    private static CSharpCompilation Compile(SyntaxTree[] trees, IEnumerable<string> packages)
    {
        var isProgram = trees.Any(tree => tree.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any());
        var options = new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable,
            specificDiagnosticOptions: Ignored);
        return CSharpCompilation.Create("Documented", trees, Packages.ReferencesOf(packages), options);
    }

    private static string Describe(Diagnostic found)
    {
        var (path, line) = (found.Location.SourceTree?.FilePath ?? "", found.Location.GetLineSpan().StartLinePosition.Line);
        var place = path.LastIndexOf(':') is > 0 and var colon
            ? $"{path[..colon]}({int.Parse(path.AsSpan(colon + 1), provider: null) + line})"
            : $"{path}({line + 1})";
        return $"{place}: {found.Id}: {found.GetMessage(CultureInfo.InvariantCulture)}";
    }
}
