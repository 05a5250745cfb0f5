using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance.Tests.Reference;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>Makes mutants of the text of the reference store, all in one assembly.</summary>
internal sealed class MutantCompiler
{
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private readonly Mutant[] _mutants;
    private readonly Lazy<Assembly> _assembly;

    public MutantCompiler(Mutant[] mutants)
    {
        _mutants = mutants;
        _assembly = new(Compile);
    }

    /// <summary>How to make the mutant's store.</summary>
    public Func<Medium, TimeSpan, ISessionRecordStore> StoreOf(Mutant mutant)
    {
        var type = _assembly.Value.GetType($"{NamespaceOf(mutant)}.{nameof(ReferenceStore)}")!;
        return (medium, ioTimeout) => (ISessionRecordStore)Activator.CreateInstance(type, medium, ioTimeout)!;
    }

    private Assembly Compile()
    {
        var original = Repository.Read(
            "tests", "SessionManager.AspNetCore.StoreConformance.Tests", "Reference", "ReferenceStore.cs");
        var compilation = CSharpCompilation.Create(
            "Mutants",
            _mutants.Select(mutant => CSharpSyntaxTree.ParseText(TextOf(mutant, original), path: mutant.Rule))
                .Append(CSharpSyntaxTree.ParseText(ImplicitUsings)),
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        Assert.True(result.Success, string.Join(Environment.NewLine, result.Diagnostics));
        return Assembly.Load(assembly.ToArray());
    }

    private string TextOf(Mutant mutant, string original)
    {
        // A text that is there twice, or not at all, breaks another rule than the one that is meant.
        Assert.True(original.Split(mutant.Old).Length == 2, $"'{mutant.Rule}' does not name one text: {mutant.Old}");
        var space = $"namespace {typeof(ReferenceStore).Namespace};";
        return original.Replace(mutant.Old, mutant.New, StringComparison.Ordinal)
            .Replace(space, $"namespace {NamespaceOf(mutant)};", StringComparison.Ordinal);
    }

    private string NamespaceOf(Mutant mutant) =>
        $"{typeof(ReferenceStore).Namespace}.Mutant{Array.IndexOf(_mutants, mutant)}";
}
