namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>Text that is HTML. The only way to make markup is <see cref="Of"/>, which encodes what it is
/// given.</summary>
internal readonly struct Markup
{
    private readonly string? _html;

    private Markup(string html) => _html = html;

    public static Markup None => default;

    /// <summary>Makes HTML of an interpolated string. <see cref="Markup"/> in a hole is kept as it is; everything else
    /// is encoded.</summary>
    public static Markup Of(HtmlBuilder html) => new(html.ToString());

    public override string ToString() => _html ?? "";
}
