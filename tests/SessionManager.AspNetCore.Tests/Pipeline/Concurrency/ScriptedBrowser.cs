using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>What a browser does in a <see cref="ScriptedApp"/>.</summary>
internal static class ScriptedBrowser
{
    public static async Task<HttpStatusCode> RunAsync(this Browser browser, string script)
    {
        using var response = await browser.PostAsync($"/run/{script}");
        return response.StatusCode;
    }

    /// <summary>What the next request sees, as in <c>ann: a=1 b=2</c>; <c>nobody:</c> for an empty or dead session. The
    /// browser's own cookie stays as it is.</summary>
    public static Task<string> StateAsync(this Browser browser) => browser.Clone().ReadAsync("/state");
}
