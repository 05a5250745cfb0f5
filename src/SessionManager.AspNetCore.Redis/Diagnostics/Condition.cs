namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>Something that weakens the promises of the store.</summary>
/// <param name="Kind">What it is. It stays the same as long as the condition lasts.</param>
/// <param name="Text">What it means and what to do, for operators.</param>
/// <param name="Servers">The addresses of the servers that have it.</param>
internal sealed record Condition(ConditionKind Kind, string Text, string Servers);
