namespace SessionManager.AspNetCore.StoreConformance.Tests.Mutants;

/// <summary>The reference store with one rule of the contract broken.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Old">The text of the reference store that keeps the rule.</param>
/// <param name="New">The text that does not.</param>
/// <param name="Fact">The test of the suite that has to go red.</param>
internal sealed record Mutant(string Rule, string Old, string New, string Fact);
