namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Text that is HTML. There is one way to make it, and that encodes all that is put into it.</summary>
internal readonly struct Markup
{
    private readonly string? _html;

    private Markup(string html) => _html = html;

    public static Markup None => default;

    /// <summary>Makes HTML of a literal with holes: what is a <see cref="Markup"/> goes in as it is, and everything else encoded.</summary>
    public static Markup Of(HtmlBuilder html) => new(html.ToString());

    public override string ToString() => _html ?? "";
}
