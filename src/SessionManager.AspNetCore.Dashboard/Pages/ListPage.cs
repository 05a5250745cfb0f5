using SessionManager.AspNetCore.Dashboard.Data;
using SessionManager.AspNetCore.Dashboard.History;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>The first page: counters, chart, search, and the list.</summary>
internal sealed class ListPage(PageContext page, DateTimeOffset now, Func<SessionRecord, DateTimeOffset> expiresAt)
{
    /// <summary>Whose sessions are shown; <see langword="null"/>: all.</summary>
    public string? UserId { get; init; }

    /// <summary>Whether this is the first page of the list.</summary>
    public bool IsFirst { get; init; } = true;

    /// <summary>Whether the list has a column for clients.</summary>
    public bool ShowsClients { get; init; }

    /// <summary>Whether the list can only be of what this process has seen.</summary>
    public bool IsLocal { get; init; }

    /// <summary>What the operator's last action has come to.</summary>
    public Markup Notice { get; init; }

    public string Render(HistoryView history, SessionSlice slice) => Layout.Render(
        page.Root,
        UserId is null ? "Sessions" : $"Sessions of {Foreign.Name(UserId)}",
        Layout.Badge(page),
        Markup.Of($"""
                <h1 class="unseen">Sessions</h1>
                {Notice}
                <section aria-labelledby="now-title">
                  <h2 id="now-title" class="unseen">Now</h2>
                  <div id="live" data-live="{page.Root}/live">
            {LivePart.Render(history)}
                  </div>
                  <p id="live-state" class="note" role="status" hidden></p>
                </section>
                <section aria-labelledby="list-title" id="list">
                  <div class="heading">
                    <div><h2 id="list-title">{Title()}</h2><p class="quiet">The newest first</p></div>
                    {Search()}
                  </div>
            {(slice.Sessions.Count == 0 ? Empty(slice) : Table(slice))}
                  {Footer(slice)}
                </section>
            """));

    private Markup Title() => UserId is null ? Markup.Of($"Live sessions") : Markup.Of($"Sessions of {Foreign.Show(UserId)}");

    private Markup Search()
    {
        var clear = UserId is null ? Markup.None : Markup.Of($"<a class=\"button\" href=\"{page.Root}#list\">Show all</a>");
        return Markup.Of($"""
            <form class="search" role="search" action="{page.Root}">
                      <label for="user">User id</label>
                      <input id="user" name="user" type="search" value="{UserId ?? ""}" required autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="exactly as it is">
                      <button>Find</button>{clear}
                    </form>
            """);
    }

    private Markup Empty(SessionSlice slice)
    {
        var (title, text) = (UserId, IsFirst, slice.Next) switch
        {
            (_, _, not null) => (Markup.Of($"Nothing on this page"), Markup.Of($"The sessions that were here have expired. There may be more behind.")),
            ({ } user, true, _) => (Markup.Of($"No session of {Foreign.Show(user)}"), Markup.Of($"Nobody with exactly this id is signed in. Capitals count, and so do spaces.")),
            (_, false, _) => (Markup.Of($"Nothing older"), Markup.Of($"The sessions that were here have ended, or there were none.")),
            _ => (Markup.Of($"No sessions"), Markup.Of($"Nobody has one at the moment. They appear here when an application signs somebody in or stores something for a visitor.")),
        };
        return Markup.Of($"<div class=\"empty\"><h3>{title}</h3><p>{text}</p></div>");
    }

    // Rows become cards on a narrow screen. What is displayed as a grid is no table to a screen reader unless it is said.
    private Markup Table(SessionSlice slice)
    {
        var client = ShowsClients ? Markup.Of($"<th scope=\"col\" role=\"columnheader\">Client</th>") : Markup.None;
        return Markup.Of($"""
            <form id="end" method="post">{page.TokenField}{BackField()}</form>
            <table class="sessions" role="table" aria-labelledby="list-title">
              <thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">User</th><th scope="col" role="columnheader">Created</th><th scope="col" role="columnheader">Last seen</th><th scope="col" role="columnheader">Expires</th>{client}<th scope="col" role="columnheader"><span class="unseen">Actions</span></th></tr></thead>
              <tbody role="rowgroup">
            {slice.Sessions.Select(Row)}
              </tbody>
            </table>
            """);
    }

    private Markup Row(SessionRecord session)
    {
        var path = page.SessionPath(session.Id);
        var user = session.UserId is { } id ? Foreign.Show(id) : Markup.Of($"<span class=\"anonymous\">no user</span>");
        var actor = session.ActorId is { } acting ? Markup.Of($" <span class=\"tag\">by {Foreign.Show(acting)}</span>") : Markup.None;
        var isOwn = string.Equals(page.OwnSessionId, session.Id.ToString(), StringComparison.Ordinal);
        var own = isOwn ? Markup.Of($" <span class=\"tag\">this is you</span>") : Markup.None;
        var name = session.UserId is { } named ? $"End the session of {Foreign.Name(named)}, created {Moment.Exact(session.CreatedAt)}"
            : $"End the session without a user, created {Moment.Exact(session.CreatedAt)}";
        return Markup.Of($"""
                <tr role="row">
                  <th scope="row" role="rowheader"><a href="{path}">{user}</a>{actor}{own}<span class="id">{session.Id.ToString()[..8]}</span></th>
                  <td role="cell" data-name="Created">{Moment.Relative(session.CreatedAt, now)}</td>
                  <td role="cell" data-name="Last seen">{Moment.Relative(session.LastSeenAt, now)}</td>
                  <td role="cell" data-name="Expires">{Moment.Relative(expiresAt(session), now)}</td>
                  {(ShowsClients ? ClientCell(session.Client) : Markup.None)}<td role="cell" class="act"><button form="end" formaction="{path}/end" class="danger" aria-label="{name}">End</button></td>
                </tr>

            """);
    }

    private static Markup ClientCell(SessionClient? client)
    {
        var agent = client?.UserAgent is { Length: > 0 } text
            ? Markup.Of($"<span class=\"agent\">{(ClientName.Of(text) is { } known ? Markup.Of($"{known}") : Foreign.Show(text, 80))}</span>")
            : Markup.None;
        var address = client?.RemoteIpAddress is { } ip ? Markup.Of($"<span class=\"address\">{Foreign.Show(ip)}</span>") : Markup.None;
        return client is null
            ? Markup.Of($"<td role=\"cell\" data-name=\"Client\"><span class=\"quiet\">not noted</span></td>")
            : Markup.Of($"<td role=\"cell\" data-name=\"Client\">{agent}{address}</td>");
    }

    private Markup Footer(SessionSlice slice)
    {
        var newest = IsFirst ? Markup.None : Markup.Of($"<a class=\"button\" rel=\"first\" href=\"{(UserId is null ? page.Root : page.UserPath(UserId))}#list\">Newest</a>");
        var path = UserId is null ? $"{page.Root}?after={slice.Next}" : page.UserPath(UserId, slice.Next);
        var older = slice.Next is null || path is null ? Markup.None : Markup.Of($"<a class=\"button\" rel=\"next\" href=\"{path}#list\">Older</a>");
        var all = UserId is not null && slice.Sessions.Count > 0 ? EndAll(page, UserId) : Markup.None;
        var local = IsLocal
            ? Markup.Of($"<p class=\"note\">A plain cache can't list what is in it: these are the sessions that this process has made or loaded.</p>")
            : Markup.None;
        return Markup.Of($"""
            <div class="footer"><nav aria-label="Pages">{newest}{older}</nav>{all}</div>
                  {local}
            """);
    }

    /// <summary>The button that ends all sessions of a user.</summary>
    public static Markup EndAll(PageContext page, string userId) => Markup.Of($"""
        <form method="post" action="{page.Root}/users/end">{page.TokenField}<input type="hidden" name="user" value="{UserField.Write(userId)}"><button class="danger">End all sessions of {Foreign.Show(userId, 40)}</button></form>
        """);

    private Markup BackField() => UserId is null ? Markup.None : Markup.Of($"<input type=\"hidden\" name=\"back\" value=\"{UserField.Write(UserId)}\">");
}
