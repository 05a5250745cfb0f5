namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A call of the session in a script, written <c>verb:key:value</c>.</summary>
internal sealed record ScriptCall(string Verb, string Key, string Value)
{
    public static ScriptCall Parse(string text)
    {
        var parts = text.Split(':');
        return new ScriptCall(parts[0], parts.ElementAtOrDefault(1) ?? "", parts.ElementAtOrDefault(2) ?? "");
    }

    public static IReadOnlyList<ScriptCall> ParseAll(string script) =>
        [.. script.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
}
