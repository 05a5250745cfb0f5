namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>The page of one session: all that may be shown of the session, and the buttons that end it.</summary>
internal sealed class SessionDetailsPage(PageContext page, DateTimeOffset now)
{
    public string Render(SessionInfo session, SessionDetails details)
    {
        var heading = session.UserId is { } userId
            ? Markup.Of($"Session of {UntrustedText.Render(userId)}")
            : Markup.Of($"Session without a user");
        var title = session.UserId is { } id
            ? $"Session of {UntrustedText.ToSingleLine(id)}"
            : "Session without a user";
        return Layout.Render(page.Root, title, Layout.Badge(page), Markup.Of($"""
                <p class="back"><a href="{page.Root}">All sessions</a></p>
                <section aria-labelledby="title">
                  <h1 id="title">{heading}{page.OwnTag(session.SessionId)}</h1>
                  <dl class="facts">
                    {Facts(session, details)}
                  </dl>
                  <div class="footer actions">
                    {EndForm(session)}
                    {(session.UserId is { } user ? SessionListPage.EndAllForm(page, user) : Markup.None)}
                  </div>
                  <p class="note">Whoever has it is signed out at the next request, and the application can tell them
                    why.</p>
                </section>
            """));
    }

    public string RenderMissing(SessionDetails details) =>
        Layout.Render(page.Root, "No such session", Layout.Badge(page), Markup.Of($"""
                <p class="back"><a href="{page.Root}">All sessions</a></p>
                <section class="problem" aria-labelledby="title">
                  <h1 id="title">{MissingTitle(details)}</h1>
                  <p>{MissingText(details)}</p>
                  <p><a class="button" href="{page.Root}">Back to the sessions</a></p>
                </section>
            """));

    /// <summary>Why a session ended, in words.</summary>
    public static string DescribeEnd(SessionEndReason? reason) => reason switch
    {
        SessionEndReason.Expired => "it expired",
        SessionEndReason.SignedOut => "its user signed out",
        SessionEndReason.Revoked =>
            "it was ended from outside: on this page, from another device, or by a limit of sessions",
        _ => "it is no longer known why",
    };

    private static Markup MissingTitle(SessionDetails details) => details.Status == SessionStatus.Ended
        ? Markup.Of($"This session has ended")
        : Markup.Of($"There is no such session");

    private static Markup MissingText(SessionDetails details) => details.Status switch
    {
        SessionStatus.Ended =>
            Markup.Of($"There is nothing left of it but the reason: {DescribeEnd(details.EndReason)}."),
        SessionStatus.Newer => Markup.Of($"Its record was written by a newer version of the application."),
        SessionStatus.Unreadable => Markup.Of($"Its record is damaged."),
        _ => Markup.Of($"It ended a while ago, or the address is wrong."),
    };

    private IEnumerable<Markup> Facts(SessionInfo session, SessionDetails details)
    {
        yield return Fact("Session", Markup.Of($"<code>{session.SessionId}</code>"));
        yield return Fact("User", UserLink(session.UserId));
        if (session.ActorId is { } actorId)
        {
            yield return Fact("Acted as by", UntrustedText.Render(actorId));
        }

        yield return Fact("Created", TimeText.Full(session.CreatedAt, now));
        if (session.AuthenticatedAt is { } authenticatedAt)
        {
            yield return Fact("Signed in", TimeText.Full(authenticatedAt, now));
        }

        yield return Fact("Last seen", TimeText.Full(session.LastSeenAt, now));
        yield return Fact("Expires", TimeText.Full(session.ExpiresAt, now));
        yield return Fact("Remembered", session.IsPersistent
            ? Markup.Of($"yes, also when the browser is closed")
            : Markup.Of($"no, it ends with the browser"));
        yield return Fact("User agent", TextOrUnknown(session.UserAgent, maxLength: 256));
        yield return Fact("Address", TextOrUnknown(session.RemoteIpAddress, maxLength: 64));
        var values = details.ValueCount == 1 ? "value" : "values";
        yield return Fact("Kept in it", Markup.Of(
            $"{details.ValueCount} {values}, {details.ValueBytes} bytes. What they are is never shown."));
    }

    private static Markup Fact(string name, Markup value) => Markup.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");

    private Markup UserLink(string? userId)
    {
        if (userId is null)
        {
            return Markup.Of($"<span class=\"quiet\">nobody is signed in</span>");
        }

        var shown = UntrustedText.Render(userId, maxLength: 1024);
        return page.UserPath(userId) is { } path ? Markup.Of($"<a href=\"{path}\">{shown}</a>") : shown;
    }

    private static Markup TextOrUnknown(string? text, int maxLength) => text is null
        ? Markup.Of($"<span class=\"quiet\">not noted</span>")
        : UntrustedText.Render(text, maxLength);

    private Markup EndForm(SessionInfo session) => Markup.Of($"""
        <form method="post" action="{page.SessionPath(session.SessionId)}/end">
              {page.TokenField}<button class="danger strong">End this session</button></form>
        """);
}
