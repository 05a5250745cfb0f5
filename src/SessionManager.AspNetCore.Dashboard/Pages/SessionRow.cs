namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>One session in the list.</summary>
internal static class SessionRow
{
    public static Markup Render(PageContext page, SessionInfo session, DateTimeOffset now, bool showsClient)
    {
        var path = page.SessionPath(session.SessionId);
        return Markup.Of($"""
                <tr role="row">
                  <th scope="row" role="rowheader">{UserCell(page, session, path)}</th>
                  <td role="cell" data-name="Created">{TimeText.Relative(session.CreatedAt, now)}</td>
                  <td role="cell" data-name="Last seen">{TimeText.Relative(session.LastSeenAt, now)}</td>
                  <td role="cell" data-name="Expires">{TimeText.Relative(session.ExpiresAt, now)}</td>
                  {(showsClient ? ClientCell(session) : Markup.None)}
                  <td role="cell" class="act">{EndButton(session, path)}</td>
                </tr>

            """);
    }

    private static Markup UserCell(PageContext page, SessionInfo session, string path)
    {
        var user = session.UserId is { } userId
            ? UntrustedText.Render(userId)
            : Markup.Of($"<span class=\"anonymous\">no user</span>");
        var actor = session.ActorId is { } actorId
            ? Markup.Of($" <span class=\"tag\">by {UntrustedText.Render(actorId)}</span>")
            : Markup.None;
        var remembered = session.IsPersistent
            ? Markup.Of($" <span class=\"tag\">remembered</span>")
            : Markup.None;
        var id = Markup.Of($"<span class=\"id\">{session.SessionId[..8]}</span>");
        return Markup.Of($"<a href=\"{path}\">{user}</a>{actor}{remembered}{page.OwnTag(session.SessionId)}{id}");
    }

    private static Markup ClientCell(SessionInfo session)
    {
        if (!SessionListPage.HasClient(session))
        {
            return Markup.Of($"<td role=\"cell\" data-name=\"Client\"><span class=\"quiet\">not noted</span></td>");
        }

        var agent = session.UserAgent is { Length: > 0 } userAgent
            ? Markup.Of($"<span class=\"agent\">{ClientOf(userAgent)}</span>")
            : Markup.None;
        var address = session.RemoteIpAddress is { } ipAddress
            ? Markup.Of($"<span class=\"address\">{UntrustedText.Render(ipAddress)}</span>")
            : Markup.None;
        return Markup.Of($"<td role=\"cell\" data-name=\"Client\">{agent}{address}</td>");
    }

    private static Markup ClientOf(string userAgent) => ClientName.FromUserAgent(userAgent) is { } name
        ? Markup.Of($"{name}")
        : UntrustedText.Render(userAgent, maxLength: 80);

    private static Markup EndButton(SessionInfo session, string path)
    {
        var owner = session.UserId is { } userId ? $"of {UntrustedText.ToSingleLine(userId)}" : "without a user";
        var label = $"End the session {owner}, created {TimeText.Exact(session.CreatedAt)}";
        return Markup.Of(
            $"<button form=\"end\" formaction=\"{path}/end\" class=\"danger\" aria-label=\"{label}\">End</button>");
    }
}
