using SessionManager.AspNetCore.Dashboard.History;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>The first page of the dashboard: counters, chart, search, and the list.</summary>
internal sealed class SessionListPage(PageContext page, DateTimeOffset now)
{
    /// <summary>The user whose sessions are listed; <see langword="null"/> for the list of all sessions.</summary>
    public string? UserId { get; init; }

    /// <summary>Whether this is the first page of the list.</summary>
    public bool IsFirst { get; init; } = true;

    /// <summary>Whether the list has a column for clients.</summary>
    public bool ShowsClients { get; init; }

    /// <summary>Whether the list has only the sessions that this process has made or loaded.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether there is a list of all sessions.</summary>
    public bool IsListed { get; init; } = true;

    /// <summary>The outcome of the operator's last action.</summary>
    public Markup Notice { get; init; }

    public string Render(HistorySnapshot history, SessionPage sessions) => Layout.Render(
        page.Root,
        UserId is null ? "Sessions" : $"Sessions of {UntrustedText.ToSingleLine(UserId)}",
        Layout.Badge(page),
        Markup.Of($"""
                <h1 class="unseen">Sessions</h1>
                {Notice}
                <section aria-labelledby="now-title">
                  <h2 id="now-title" class="unseen">Now</h2>
                  <div id="live" data-live="{page.Root}/live">
            {StatisticsFragment.Render(history)}
                  </div>
                  <p id="live-state" class="note" role="status" hidden></p>
                </section>
                <section aria-labelledby="list-title" id="list">
                  <div class="heading">
                    <div><h2 id="list-title">{Title()}</h2><p class="quiet">The newest first</p></div>
                    {SearchForm()}
                  </div>
            {(sessions.Sessions.Count == 0 ? EmptyList(sessions) : Table(sessions))}
                  {Footer(sessions)}
                </section>
            """));

    /// <summary>Whether anything is known of the client of a session.</summary>
    public static bool HasClient(SessionInfo session) => session is not { UserAgent: null, RemoteIpAddress: null };

    /// <summary>The form that ends all sessions of a user.</summary>
    public static Markup EndAllForm(PageContext page, string userId) => Markup.Of($"""
        <form method="post" action="{page.Root}/users/end">
              {page.TokenField}<input type="hidden" name="user" value="{UserIdField.Encode(userId)}">
              <button class="danger">End all sessions of {UntrustedText.Render(userId, maxLength: 40)}</button></form>
        """);

    private Markup Title() => UserId is null
        ? Markup.Of($"Live sessions")
        : Markup.Of($"Sessions of {UntrustedText.Render(UserId)}");

    private Markup SearchForm()
    {
        var clear = UserId is null
            ? Markup.None
            : Markup.Of($"<a class=\"button\" href=\"{page.Root}#list\">Show all</a>");
        return Markup.Of($"""
            <form class="search" role="search" action="{page.Root}">
                      <label for="user">User id</label>
                      <input id="user" name="user" type="search" value="{UserId ?? ""}" required
                        autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="exactly as it is">
                      <button>Find</button>{clear}
                    </form>
            """);
    }

    private Markup EmptyList(SessionPage sessions)
    {
        var (title, text) = (UserId, IsFirst, sessions.Continuation) switch
        {
            (_, _, not null) => (
                Markup.Of($"Nothing on this page"),
                Markup.Of($"The sessions that were here have expired. There may be more behind.")),
            ({ } user, true, _) => (
                Markup.Of($"No session of {UntrustedText.Render(user)}"),
                Markup.Of($"Nobody with exactly this id is signed in. Capitals count, and so do spaces.")),
            (null, _, _) when !IsListed => (
                Markup.Of($"No list"),
                Markup.Of($"""
                    This application keeps no list of all sessions: ListSessions is off in the options of its store.
                    The sessions of a user are found by the user's id.
                    """)),
            (_, false, _) => (
                Markup.Of($"Nothing older"),
                Markup.Of($"The sessions that were here have ended, or there were none.")),
            _ => (
                Markup.Of($"No sessions"),
                Markup.Of($"""
                    Nobody has one at the moment. They appear here when an application signs somebody in or stores
                    something for a visitor.
                    """)),
        };
        return Markup.Of($"<div class=\"empty\"><h3>{title}</h3><p>{text}</p></div>");
    }

    // On a narrow screen, rows become cards. A screen reader takes a table that is displayed as a grid for a table only
    // with roles.
    private Markup Table(SessionPage sessions)
    {
        var columns = ((string[])["User", "Created", "Last seen", "Expires"])
            .Concat(ShowsClients ? ["Client"] : [])
            .Select(name => Markup.Of($"<th scope=\"col\" role=\"columnheader\">{name}</th>"));
        return Markup.Of($"""
            <form id="end" method="post">{page.TokenField}{BackField()}</form>
            <table class="sessions" role="table" aria-labelledby="list-title">
              <thead role="rowgroup"><tr role="row">{columns}
                <th scope="col" role="columnheader"><span class="unseen">Actions</span></th></tr></thead>
              <tbody role="rowgroup">
            {sessions.Sessions.Select(session => SessionRow.Render(page, session, now, ShowsClients))}
              </tbody>
            </table>
            """);
    }

    private Markup Footer(SessionPage sessions)
    {
        var newestPath = UserId is null ? page.Root : page.UserPath(UserId);
        var newest = IsFirst
            ? Markup.None
            : Markup.Of($"<a class=\"button\" rel=\"first\" href=\"{newestPath}#list\">Newest</a>");
        var all = UserId is not null && sessions.Sessions.Count > 0 ? EndAllForm(page, UserId) : Markup.None;
        var local = IsLocal
            ? Markup.Of($"""
                <p class="note">A plain cache can't list what is in it: these are the sessions that this process has
                made or loaded.</p>
                """)
            : Markup.None;
        return Markup.Of($"""
            <div class="footer"><nav aria-label="Pages">{newest}{OlderLink(sessions)}</nav>{all}</div>
                  {local}
            """);
    }

    private Markup OlderLink(SessionPage sessions)
    {
        if (sessions.Continuation is not { } continuation)
        {
            return Markup.None;
        }

        var path = UserId is null ? page.ListPath(continuation) : page.UserPath(UserId, continuation);
        return path is null
            ? Markup.None
            : Markup.Of($"<a class=\"button\" rel=\"next\" href=\"{path}#list\">Older</a>");
    }

    private Markup BackField() => UserId is null
        ? Markup.None
        : Markup.Of($"<input type=\"hidden\" name=\"back\" value=\"{UserIdField.Encode(UserId)}\">");
}
