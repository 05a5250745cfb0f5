using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>A window of a real browser, which keeps what its console says: errors of scripts, of loading, and of the content policy.</summary>
public sealed class BrowserWindow : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = new();

    private BrowserWindow(IBrowserContext context, IPage page) => (_context, Page) = (context, page);

    public IPage Page { get; }

    /// <summary>What the console has complained of.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public static async Task<BrowserWindow> OpenAsync(IBrowserContext context)
    {
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        var window = new BrowserWindow(context, page);
        page.Console += (_, message) => window.Note(message.Type is "error" or "warning", message.Text);
        page.PageError += (_, error) => window.Note(true, error);
        page.RequestFailed += (_, request) => window.Note(true, $"{request.Url}: {request.Failure}");
        page.Dialog += (_, dialog) =>
        {
            window.Note(true, $"A dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        return window;
    }

    /// <summary>Signs a user in, as the application's own page would.</summary>
    public async Task SignInAsync(string user)
    {
        var response = await _context.APIRequest.PostAsync($"/in?user={Uri.EscapeDataString(user)}");
        Assert.Equal(200, response.Status);
    }

    public async Task<string> TextAsync(string path)
    {
        await Page.GotoAsync(path);
        return await Page.InnerTextAsync("body");
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void Note(bool isComplaint, string text)
    {
        if (isComplaint)
        {
            _complaints.Enqueue(text);
        }
    }
}
