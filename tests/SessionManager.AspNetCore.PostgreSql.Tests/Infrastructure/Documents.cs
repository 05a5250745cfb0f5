namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>What the documentation tells operators to run.</summary>
internal static class Documents
{
    /// <summary>The script that creates the tables, without its comment at the top.</summary>
    public static string Script
    {
        get
        {
            var text = Repository.Read("docs/postgresql.sql");
            return text[text.IndexOf("\n\n", StringComparison.Ordinal)..];
        }
    }

    /// <summary>The rights of the documentation, in another schema and for another role.</summary>
    public static string Rights(string schema, string role)
    {
        var text = Repository.Read("docs/postgresql.md");
        var lines = text.Split('\n').Where(line => line.StartsWith("GRANT ", StringComparison.Ordinal)
            && !line.Contains("CREATE", StringComparison.Ordinal));
        return string.Join('\n', lines)
            .Replace(" public", $" {schema}", StringComparison.Ordinal)
            .Replace(" app;", $" {role};", StringComparison.Ordinal);
    }
}
