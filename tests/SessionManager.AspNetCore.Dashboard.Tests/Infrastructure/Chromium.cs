using Microsoft.Playwright;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>The chromium on PATH, started once for the whole run, when the first test asks for it.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>Where it is, or null. In CI its absence is a failure, not a skip.</summary>
    private static readonly string? Path =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => System.IO.Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _browser = new(LaunchAsync);

    /// <summary>A new window, with cookies of its own; skips the test where there is no chromium.</summary>
    public async Task<BrowserWindow> OpenAsync(Uri address, BrowserNewContextOptions? options = null)
    {
        if (Path is null && Environment.GetEnvironmentVariable("CI") == "true")
        {
            throw new InvalidOperationException("There is no chromium on PATH. In CI it is required: .ci/run installs it.");
        }

        Assert.SkipWhen(Path is null, "There is no chromium on PATH. Install it to run this test.");
        options ??= new BrowserNewContextOptions();
        options.BaseURL = address.ToString();
        var context = await (await _browser.Value).Browser.NewContextAsync(options);
        return await BrowserWindow.OpenAsync(context);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated)
        {
            var (playwright, browser) = await _browser.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }

    private static async Task<(IPlaywright Playwright, IBrowser Browser)> LaunchAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Path,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return (playwright, browser);
    }
}
