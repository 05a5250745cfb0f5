namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>What every page needs to know of its request.</summary>
/// <param name="Root">The path of the dashboard, as the browser sees it, without a slash at the end.</param>
/// <param name="Store">The name of the store.</param>
/// <param name="Operator">Who is looking.</param>
/// <param name="OwnSessionId">The session the operator looks with, if any.</param>
/// <param name="TokenName">The name of the antiforgery field.</param>
/// <param name="Token">The antiforgery token.</param>
internal sealed record PageContext(string Root, string Store, string? Operator, string? OwnSessionId, string TokenName, string Token)
{
    /// <summary>How long an escaped user id may be to stand in an address.</summary>
    public const int LongestUser = 1500;

    public Markup TokenField => Markup.Of($"<input type=\"hidden\" name=\"{TokenName}\" value=\"{Token}\">");

    public string SessionPath(Guid id) => $"{Root}/{id}";

    /// <summary>The address of a search; <see langword="null"/> for an id that is too long for one.</summary>
    public string? UserPath(string userId, string? after = null)
    {
        var escaped = Uri.EscapeDataString(userId);
        return escaped.Length > LongestUser ? null : $"{Root}?user={escaped}{(after is null ? "" : $"&after={after}")}";
    }
}
