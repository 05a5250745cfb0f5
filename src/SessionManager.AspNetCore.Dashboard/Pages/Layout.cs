using SessionManager.AspNetCore.Dashboard.Endpoints;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>The frame of every page.</summary>
internal static class Layout
{
    public static string Render(string root, string title, Markup? badge, Markup body) => Markup.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <meta name="robots" content="noindex, nofollow">
          <title>{title}</title>
          <link rel="icon" href="{root}/{DashboardAssets.Icon.Address}">
          <link rel="stylesheet" href="{root}/{DashboardAssets.Style.Address}">
          <script src="{root}/{DashboardAssets.Script.Address}" defer></script>
        </head>
        <body>
          <a class="skip" href="#main">Skip to the content</a>
          <header class="top">
            <p class="brand"><a href="{root}">{Logo}Sessions</a></p>
            {badge ?? Markup.None}
          </header>
          <main id="main" tabindex="-1">
        {body}
          </main>
        </body>
        </html>
        """).ToString();

    /// <summary>The name of the store and of the operator.</summary>
    public static Markup Badge(PageContext page)
    {
        var name = page.Operator is null
            ? Markup.None
            : Markup.Of($"<span>Signed in as {UntrustedText.Render(page.Operator, maxLength: 32)}</span>");
        return Markup.Of($"<p class=\"badge\"><span>Store: <b>{page.Store}</b></span>{name}</p>");
    }

    private static Markup Logo => Markup.Of($"""
        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="8" r="4"/><path d="M4 21a8 8 0 0 1 16 0"/></svg>
        """);
}
