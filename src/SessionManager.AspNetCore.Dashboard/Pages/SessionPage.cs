using System.Globalization;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>One session: all that may be known of it, and the buttons that end it.</summary>
internal sealed class SessionPage(PageContext page, DateTimeOffset now)
{
    public string Render(SessionRecord session, DateTimeOffset expiresAt)
    {
        var isOwn = string.Equals(page.OwnSessionId, session.Id.ToString(), StringComparison.Ordinal);
        var own = isOwn ? Markup.Of($" <span class=\"tag\">this is you</span>") : Markup.None;
        var title = session.UserId is { } user ? Markup.Of($"Session of {Foreign.Show(user)}") : Markup.Of($"Session without a user");
        var all = session.UserId is { } named ? ListPage.EndAll(page, named) : Markup.None;
        return Layout.Render(
            page.Root,
            session.UserId is { } id ? $"Session of {Foreign.Name(id)}" : "Session without a user",
            Layout.Badge(page),
            Markup.Of($"""
                    <p class="back"><a href="{page.Root}">All sessions</a></p>
                    <section aria-labelledby="title">
                      <h1 id="title">{title}{own}</h1>
                      <dl class="facts">
                        {Fact("Session", Markup.Of($"<code>{session.Id.ToString()}</code>"))}
                        {Fact("User", User(session.UserId))}
                        {(session.ActorId is { } actor ? Fact("Acted as by", Foreign.Show(actor)) : Markup.None)}
                        {Fact("Created", Moment.Full(session.CreatedAt, now))}
                        {(session.AuthenticatedAt is { } at ? Fact("Signed in", Moment.Full(at, now)) : Markup.None)}
                        {Fact("Last seen", Moment.Full(session.LastSeenAt, now))}
                        {Fact("Expires", Moment.Full(expiresAt, now))}
                        {Fact("User agent", session.Client?.UserAgent is { } agent ? Foreign.Show(agent, 256) : Unknown())}
                        {Fact("Address", session.Client?.RemoteIpAddress is { } address ? Foreign.Show(address) : Unknown())}
                        {Fact("Kept in it", Markup.Of($"{session.Values.Count} {Plural(session.Values.Count, "value")}, {session.ValueBytes} bytes. What they are is never shown."))}
                      </dl>
                      <div class="footer actions">
                        <form method="post" action="{page.SessionPath(session.Id)}/end">{page.TokenField}<button class="danger strong">End this session</button></form>
                        {all}
                      </div>
                      <p class="note">Whoever has it is signed out at the next request, and the application can tell them why.</p>
                    </section>
                """));
    }

    public string RenderGone(SessionLookup found) => Layout.Render(page.Root, "No such session", Layout.Badge(page), Markup.Of($"""
            <p class="back"><a href="{page.Root}">All sessions</a></p>
            <section class="problem" aria-labelledby="title">
              <h1 id="title">{TitleOf(found)}</h1>
              <p>{TextOf(found)}</p>
              <p><a class="button" href="{page.Root}">Back to the sessions</a></p>
            </section>
        """));

    /// <summary>Why a session ended, in words.</summary>
    public static string Words(SessionEndReason? reason) => reason switch
    {
        SessionEndReason.Expired => "it expired",
        SessionEndReason.SignedOut => "its user signed out",
        SessionEndReason.Revoked => "it was ended from outside: on this page, from another device, or by a limit of sessions",
        _ => "it is no longer known why",
    };

    private static Markup TitleOf(SessionLookup found) => found.Status is SessionLookupStatus.Ended or SessionLookupStatus.Found
        ? Markup.Of($"This session has ended")
        : Markup.Of($"There is no such session");

    private static Markup TextOf(SessionLookup found) => found.Status switch
    {
        SessionLookupStatus.Ended or SessionLookupStatus.Found => Markup.Of($"There is nothing left of it but the reason: {Words(found.EndReason)}."),
        SessionLookupStatus.Newer => Markup.Of($"Its record was written by a newer version of the application."),
        SessionLookupStatus.Unreadable => Markup.Of($"Its record is damaged."),
        _ => Markup.Of($"It ended a while ago, or the address is wrong."),
    };

    private Markup User(string? userId)
    {
        if (userId is null)
        {
            return Markup.Of($"<span class=\"quiet\">nobody is signed in</span>");
        }

        var shown = Foreign.Show(userId, 1024);
        return page.UserPath(userId) is { } path ? Markup.Of($"<a href=\"{path}\">{shown}</a>") : shown;
    }

    private static Markup Fact(string name, Markup value) => Markup.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");

    private static Markup Unknown() => Markup.Of($"<span class=\"quiet\">not noted</span>");

    private static string Plural(int count, string word) => string.Create(CultureInfo.InvariantCulture, $"{word}{(count == 1 ? "" : "s")}");
}
