using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Dashboard.Access;
using SessionManager.AspNetCore.Dashboard.Diagnostics;
using SessionManager.AspNetCore.Dashboard.History;
using SessionManager.AspNetCore.Dashboard.Pages;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>The pages of one dashboard. A page costs a page's worth of store calls, however many sessions there
/// are.</summary>
internal sealed class DashboardPages(IServiceProvider services, ISessionDirectory directory) : IDisposable
{
    private const int PageSize = 50;

    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();
    private readonly SessionHistory _history =
        new(services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<TimeProvider>());
    private readonly DashboardAccess _access = ActivatorUtilities.CreateInstance<DashboardAccess>(services);
    private readonly IOptions<SessionManagerOptions> _options =
        services.GetRequiredService<IOptions<SessionManagerOptions>>();

    public DashboardAntiforgery Antiforgery { get; } = new(services);

    public ILogger Logger { get; } =
        services.GetRequiredService<ILoggerFactory>().CreateLogger("SessionManager.AspNetCore.Dashboard");

    /// <summary>Makes the handler of an endpoint: it answers whoever may see the dashboard, and shows a page when the
    /// store is down.</summary>
    /// <param name="depth">How many segments the endpoint has below the dashboard's own path.</param>
    /// <param name="answer">Answers the request. Its second argument is the path of the dashboard.</param>
    public RequestDelegate CreateHandler(int depth, Func<HttpContext, string, Task> answer) => async context =>
    {
        if (!_access.Allows(context))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var root = RootOf(context.Request, depth);
        try
        {
            await answer(context, root);
        }
        catch (SessionStoreException exception) when (!context.Response.HasStarted)
        {
            Logger.StoreFailed(exception.Message);
            context.Response.Headers.RetryAfter = "5";
            var page = ProblemPage.StoreDown(
                root, directory.StoreName, isAction: HttpMethods.IsPost(context.Request.Method));
            await DashboardResponse.WritePageAsync(context, page, StatusCodes.Status503ServiceUnavailable);
        }
    };

    public async Task ListAsync(HttpContext context, string root)
    {
        var userId = context.Request.Query["user"].ToString() is { Length: > 0 } user ? user : null;
        var continuation = context.Request.Query["after"].ToString() is { Length: > 0 } after ? after : null;
        var found = await FindPageAsync(userId, continuation, context.RequestAborted);
        var sessions = found ?? await FindPageAsync(userId, continuation: null, context.RequestAborted);
        var page = new SessionListPage(CreateContext(context, root), _time.GetUtcNow())
        {
            UserId = userId,
            IsFirst = continuation is null || found is null,
            ShowsClients = _options.Value.TrackClientInfo || sessions!.Sessions.Any(SessionListPage.HasClient),
            IsLocal = !directory.ListsAllSessions && directory.Count() is not null,
            IsListed = directory.ListsAllSessions || directory.Count() is not null,
            Notice = await GetNoticeAsync(context, root),
        };
        await DashboardResponse.WritePageAsync(context, page.Render(_history.Read(), sessions!));
    }

    public async Task SessionAsync(HttpContext context, string root)
    {
        var page = new SessionDetailsPage(CreateContext(context, root), _time.GetUtcNow());
        var id = (string?)context.Request.RouteValues["id"] ?? "";
        var details = await directory.GetDetailsAsync(id, context.RequestAborted);
        await (details.Session is { } session
            ? DashboardResponse.WritePageAsync(context, page.Render(session, details))
            : DashboardResponse.WritePageAsync(context, page.RenderMissing(details), StatusCodes.Status404NotFound));
    }

    /// <summary>The counters and the chart alone, for the script.</summary>
    public Task StatisticsAsync(HttpContext context, string root) =>
        DashboardResponse.WritePageAsync(context, StatisticsFragment.Render(_history.Read()).ToString());

    public void WarnIfUnprotected(IServiceProvider services)
    {
        // Called when the application has started: only now do its endpoints have all their conventions.
        var own = services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
            .Where(each => ReferenceEquals(each.Metadata.GetMetadata<DashboardPages>(), this));
        var unprotected = own.FirstOrDefault(each => !DashboardAccess.IsProtected(each.Metadata));
        if (unprotected is RouteEndpoint endpoint)
        {
            Logger.Unprotected(endpoint.RoutePattern.RawText?.TrimEnd('/'));
        }
    }

    public void Dispose()
    {
        _history.Dispose();
        Antiforgery.Dispose();
    }

    // Null for a continuation that is malformed or belongs to another list: anybody can write an address.
    private async Task<SessionPage?> FindPageAsync(
        string? userId, string? continuation, CancellationToken cancellationToken)
    {
        try
        {
            return userId is null
                ? await directory.ListPageAsync(PageSize, continuation, cancellationToken)
                : await directory.FindByUserPageAsync(userId, PageSize, continuation, cancellationToken);
        }
        catch (ArgumentException exception) when (
            continuation is not null
            && string.Equals(exception.ParamName, nameof(continuation), StringComparison.Ordinal))
        {
            return null;
        }
        catch (SessionValueException)
        {
            // The text can't be the id of a user, so nobody is signed in with it.
            return new SessionPage { Sessions = [] };
        }
    }

    // The notice shows what the store says of the session, not what the address claims.
    private async Task<Markup> GetNoticeAsync(HttpContext context, string root)
    {
        var query = context.Request.Query;
        var isAfterEnd = Guid.TryParseExact(query["ended"], "D", out var id);
        if (!isAfterEnd && !Guid.TryParseExact(query["gone"], "D", out id))
        {
            return int.TryParse(query["all"], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? Notice(Markup.Of($"{count} {(count == 1 ? "session was" : "sessions were")} ended."))
                : Markup.None;
        }

        var details = await directory.GetDetailsAsync(id.ToString(), context.RequestAborted);
        if (details.Status == SessionStatus.Living)
        {
            return Markup.None;
        }

        var session = Markup.Of($"<a href=\"{root}/{id.ToString()}\">{id.ToString()[..8]}</a>");
        var reason = SessionDetailsPage.DescribeEnd(details.EndReason);
        return Notice(isAfterEnd
            ? Markup.Of($"Session {session} was ended.")
            : Markup.Of($"Session {session} had ended already: {reason}."));

        static Markup Notice(Markup text) => Markup.Of($"<p class=\"notice\" role=\"status\">{text}</p>");
    }

    private PageContext CreateContext(HttpContext context, string root)
    {
        var (tokenName, token) = Antiforgery.GetFormField(context);
        var name = context.User.Identity is { IsAuthenticated: true } ? Operator.NameOf(context) : null;
        return new PageContext(root, directory.StoreName, name, Operator.SessionIdOf(context), tokenName, token);
    }

    // Only the request knows the path base, the groups around the dashboard and the values of their route parameters.
    private static string RootOf(HttpRequest request, int depth)
    {
        var path = (request.PathBase + request.Path).ToUriComponent().TrimEnd('/');
        for (var i = 0; i < depth; i++)
        {
            path = path[..path.LastIndexOf('/')];
        }

        return path;
    }
}
