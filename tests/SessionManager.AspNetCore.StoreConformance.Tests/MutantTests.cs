using SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

namespace SessionManager.AspNetCore.StoreConformance.Tests;

/// <summary>That the suite sees each rule broken: by a store that breaks just that rule.</summary>
public sealed class MutantTests
{
    private static readonly Mutant[] All =
        [.. WriteMutants.All, .. ValueMutants.All, .. TouchMutants.All, .. FindMutants.All, .. FaultMutants.All];

    private static readonly MutantCompiler Compiler = new(All);

    public static TheoryData<string> Rules => [.. All.Select(mutant => mutant.Rule)];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_store_that_breaks_one_rule_fails(string rule)
    {
        var mutant = Assert.Single(All, candidate => candidate.Rule == rule);

        Assert.NotNull(await MutantSuite.RunAsync(Compiler.StoreOf(mutant), mutant.Fact));
    }
}
