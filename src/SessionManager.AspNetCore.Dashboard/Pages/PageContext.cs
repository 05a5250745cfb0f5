namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>What every page needs to know of its request.</summary>
/// <param name="Root">The path of the dashboard as the browser sees it, without a slash at the end.</param>
/// <param name="Store">The name of the store.</param>
/// <param name="Operator">The user id of the operator; <see langword="null"/> when nobody is signed in.</param>
/// <param name="OwnSessionId">The id of the operator's own session, if there is one.</param>
/// <param name="TokenName">The name of the antiforgery field.</param>
/// <param name="Token">The antiforgery token.</param>
internal sealed record PageContext(
    string Root, string Store, string? Operator, string? OwnSessionId, string TokenName, string Token)
{
    /// <summary>How long an escaped user id in an address may be.</summary>
    public const int MaxUserIdLength = 1500;

    public Markup TokenField => Markup.Of($"<input type=\"hidden\" name=\"{TokenName}\" value=\"{Token}\">");

    /// <summary>A mark at the operator's own session, so that nobody ends it by mistake.</summary>
    public Markup OwnTag(string sessionId) => string.Equals(OwnSessionId, sessionId, StringComparison.Ordinal)
        ? Markup.Of($" <span class=\"tag\">this is you</span>")
        : Markup.None;

    public string SessionPath(string sessionId) => $"{Root}/{sessionId}";

    /// <summary>The address of a page of all sessions.</summary>
    public string ListPath(string? continuation = null) =>
        continuation is null ? Root : $"{Root}?after={continuation}";

    /// <summary>The address of a page of a user's sessions; <see langword="null"/> for an id that is too long for an
    /// address.</summary>
    public string? UserPath(string userId, string? continuation = null)
    {
        var escaped = Uri.EscapeDataString(userId);
        var after = continuation is null ? "" : $"&after={continuation}";
        return escaped.Length > MaxUserIdLength ? null : $"{Root}?user={escaped}{after}";
    }
}
