using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Access;
using SessionManager.AspNetCore.Dashboard.Diagnostics;
using SessionManager.AspNetCore.Dashboard.Pages;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>What the buttons do. Each needs the token of the page it stands on, and leaves a log event with who did it.</summary>
internal sealed class DashboardActions(IServiceProvider services, DashboardPages pages)
{
    private readonly ISessionDirectory _directory = services.GetRequiredService<ISessionDirectory>();

    public async Task EndSessionAsync(HttpContext context, string root)
    {
        if (!await AcceptAsync(context, root))
        {
            return;
        }

        // Only an id gets into the log and into an address.
        if (!Guid.TryParseExact((string?)context.Request.RouteValues["id"], "D", out var id))
        {
            await DashboardResponse.WritePageAsync(context, ProblemPage.NotUnderstood(root), StatusCodes.Status400BadRequest);
            return;
        }

        var ended = await _directory.RevokeAsync(id.ToString(), CancellationToken.None);
        if (ended)
        {
            pages.Logger.SessionEnded(id.ToString(), Operator.NameOf(context));
        }
        else
        {
            pages.Logger.SessionHadEnded(id.ToString(), Operator.NameOf(context));
        }

        var list = await ReadUserAsync(context, "back") is { } user ? ListOf(root, user) : $"{root}?";
        DashboardResponse.Redirect(context, $"{list}{(ended ? "ended" : "gone")}={id}");
    }

    public async Task EndUserAsync(HttpContext context, string root)
    {
        if (!await AcceptAsync(context, root))
        {
            return;
        }

        if (await ReadUserAsync(context, "user") is not { } user)
        {
            await DashboardResponse.WritePageAsync(context, ProblemPage.NotUnderstood(root), StatusCodes.Status400BadRequest);
            return;
        }

        var count = await _directory.RevokeUserAsync(user, cancellationToken: CancellationToken.None);
        pages.Logger.UserEnded(Foreign.Name(user, most: 256), Operator.NameOf(context), count);
        DashboardResponse.Redirect(context, $"{ListOf(root, user)}all={count}");
    }

    // The list to go on to, to add to its address. An id that is too long for one leaves the list of all.
    private static string ListOf(string root, string user)
    {
        var escaped = Uri.EscapeDataString(user);
        return escaped.Length > PageContext.LongestUser ? $"{root}?" : $"{root}?user={escaped}&";
    }

    private static async Task<string?> ReadUserAsync(HttpContext context, string field) =>
        context.Request.HasFormContentType ? UserField.Read((await context.Request.ReadFormAsync(context.RequestAborted))[field]) : null;

    private async Task<bool> AcceptAsync(HttpContext context, string root)
    {
        if (await pages.Antiforgery.IsValidAsync(context))
        {
            return true;
        }

        pages.Logger.ForgeryRefused(Operator.NameOf(context));
        await DashboardResponse.WritePageAsync(context, ProblemPage.NoToken(root), StatusCodes.Status400BadRequest);
        return false;
    }
}
