using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Dashboard.Access;
using SessionManager.AspNetCore.Dashboard.Diagnostics;
using SessionManager.AspNetCore.Dashboard.Pages;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>What the buttons do. Each action needs the antiforgery token of its page, and writes a log event that names
/// the operator.</summary>
internal sealed class DashboardActions(ISessionDirectory directory, DashboardPages pages)
{
    public async Task EndSessionAsync(HttpContext context, string root)
    {
        if (!await AcceptAsync(context, root))
        {
            return;
        }

        // The id goes into the log and into an address, so it must be an id.
        if (!Guid.TryParseExact((string?)context.Request.RouteValues["id"], "D", out var id))
        {
            await RefuseFormAsync(context, root);
            return;
        }

        var ended = await directory.RevokeAsync(id.ToString(), CancellationToken.None);
        if (ended)
        {
            pages.Logger.SessionEnded(id.ToString(), Operator.NameOf(context));
        }
        else
        {
            pages.Logger.SessionHadEnded(id.ToString(), Operator.NameOf(context));
        }

        var list = await ReadUserIdAsync(context, "back") is { } userId ? ListQueryOf(root, userId) : $"{root}?";
        DashboardResponse.Redirect(context, $"{list}{(ended ? "ended" : "gone")}={id}");
    }

    public async Task EndUserAsync(HttpContext context, string root)
    {
        if (!await AcceptAsync(context, root))
        {
            return;
        }

        if (await ReadUserIdAsync(context, "user") is not { } userId)
        {
            await RefuseFormAsync(context, root);
            return;
        }

        var count = await directory.RevokeUserAsync(userId, cancellationToken: CancellationToken.None);
        var shownId = UntrustedText.ToSingleLine(userId, maxLength: 256);
        pages.Logger.UserEnded(shownId, Operator.NameOf(context), count);
        DashboardResponse.Redirect(context, $"{ListQueryOf(root, userId)}all={count}");
    }

    // The address of the list to return to, ready for one more parameter. A user id that is too long for an address
    // leads to the list of all sessions.
    private static string ListQueryOf(string root, string userId)
    {
        var escaped = Uri.EscapeDataString(userId);
        return escaped.Length > PageContext.MaxUserIdLength ? $"{root}?" : $"{root}?user={escaped}&";
    }

    private static async Task<string?> ReadUserIdAsync(HttpContext context, string field) =>
        context.Request.HasFormContentType
            ? UserIdField.Decode((await context.Request.ReadFormAsync(context.RequestAborted))[field])
            : null;

    private static Task RefuseFormAsync(HttpContext context, string root) =>
        DashboardResponse.WritePageAsync(context, ProblemPage.InvalidForm(root), StatusCodes.Status400BadRequest);

    private async Task<bool> AcceptAsync(HttpContext context, string root)
    {
        if (await pages.Antiforgery.IsValidAsync(context))
        {
            return true;
        }

        pages.Logger.ForgeryRefused(Operator.NameOf(context));
        await DashboardResponse.WritePageAsync(
            context, ProblemPage.InvalidToken(root), StatusCodes.Status400BadRequest);
        return false;
    }
}
