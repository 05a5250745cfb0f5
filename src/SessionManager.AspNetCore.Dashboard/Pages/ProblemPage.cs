namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>A page that says why there is nothing to show.</summary>
internal static class ProblemPage
{
    /// <param name="root">The path of the dashboard.</param>
    /// <param name="store">The name of the store.</param>
    /// <param name="isAction">Whether the request was to end something.</param>
    public static string StoreDown(string root, string store, bool isAction) => Render(
        root,
        "The session store can't be reached",
        isAction
            ? Markup.Of($"""
                The store <b>{store}</b> failed on the way, so it is not known what was ended.
                Look again when it is back, and repeat it: that does no harm. The log says more (event 205).
                """)
            : Markup.Of($"""
                The store <b>{store}</b> did not answer, so it is not known which sessions there are.
                The log says more (event 205).
                """),
        Markup.Of($"<a class=\"button\" href=\"{root}\">Try again</a>"));

    public static string InvalidToken(string root) => Render(
        root,
        "The form was not accepted",
        Markup.Of($"""
            It carried no valid antiforgery token: it came from elsewhere, or from a page that was opened before you
            signed in. Nothing was ended.
            """),
        Markup.Of($"<a class=\"button\" href=\"{root}\">Back to the sessions</a>"));

    public static string InvalidForm(string root) => Render(
        root,
        "The form was not understood",
        Markup.Of($"It does not say whose sessions to end. Nothing was ended."),
        Markup.Of($"<a class=\"button\" href=\"{root}\">Back to the sessions</a>"));

    private static string Render(string root, string title, Markup text, Markup action) =>
        Layout.Render(root, title, badge: null, Markup.Of($"""
                <section class="problem" aria-labelledby="title">
                  {WarningSign}
                  <h1 id="title">{title}</h1>
                  <p>{text}</p>
                  <p>{action}</p>
                </section>
            """));

    private static Markup WarningSign => Markup.Of($"""
        <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 3 2 20h20z"/><path d="M12 10v4M12 17v.5"/></svg>
        """);
}
