using SessionManager.AspNetCore.Documents.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Documents.Tests;

/// <summary>Both packages have an <c>ISessionManager</c>.</summary>
public sealed class FeatureManagementTests
{
    private const string Code =
        """
        using Microsoft.FeatureManagement;
        using SessionManager.AspNetCore;
        ALIAS
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSessionManager();
        builder.Services.AddFeatureManagement();
        var app = builder.Build();
        app.UseSessionManager();
        app.MapGet("/", (ISessionManager session) => session.GetUserId());
        """;

    [Fact]
    public void Beside_FeatureManagement_the_alias_is_needed_and_enough()
    {
        Assert.StartsWith("README.md(9): CS0104", Check("")[0], StringComparison.Ordinal);
        Assert.Empty(Check("using ISessionManager = SessionManager.AspNetCore.ISessionManager;"));
    }

    private static IReadOnlyList<string> Check(string alias) => BlockCompiler.CheckProgram(
        [new CodeBlock("README.md", 1, Code.Replace("ALIAS", alias, StringComparison.Ordinal))],
        ["SessionManager.AspNetCore", "Microsoft.FeatureManagement"]);
}
