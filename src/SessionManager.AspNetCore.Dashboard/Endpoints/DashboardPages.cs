using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Dashboard.Access;
using SessionManager.AspNetCore.Dashboard.Data;
using SessionManager.AspNetCore.Dashboard.Diagnostics;
using SessionManager.AspNetCore.Dashboard.History;
using SessionManager.AspNetCore.Dashboard.Pages;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Dashboard.Endpoints;

/// <summary>The pages of one dashboard. Each is a page's worth of store calls, whatever there is in the store.</summary>
internal sealed class DashboardPages(IServiceProvider services) : IDisposable
{
    private readonly ISessionRecords _store = services.GetRequiredService<ISessionRecords>();
    private readonly SessionReader _reader = ActivatorUtilities.CreateInstance<SessionReader>(services);
    private readonly SessionHistory _history = new(services.GetRequiredService<IMeterFactory>(), services.GetRequiredService<TimeProvider>());
    private readonly DashboardAccess _access = ActivatorUtilities.CreateInstance<DashboardAccess>(services);
    private readonly IOptions<SessionManagerOptions> _options = services.GetRequiredService<IOptions<SessionManagerOptions>>();
    private readonly ILogger _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("SessionManager.AspNetCore.Dashboard");

    public DashboardAntiforgery Antiforgery { get; } = new(services);

    public ILogger Logger => _logger;

    /// <summary>Lets in who may come in, and says so when the store is down.</summary>
    /// <param name="depth">How many segments the endpoint has below the dashboard's own path.</param>
    /// <param name="answer">Answers the request; it is told the path of the dashboard.</param>
    public RequestDelegate For(int depth, Func<HttpContext, string, Task> answer) => async context =>
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
            _logger.StoreFailed(exception.Message);
            context.Response.Headers.RetryAfter = "5";
            await DashboardResponse.WritePageAsync(context, ProblemPage.StoreDown(root, _store.Name, HttpMethods.IsPost(context.Request.Method)), StatusCodes.Status503ServiceUnavailable);
        }
    };

    public async Task ListAsync(HttpContext context, string root)
    {
        var user = context.Request.Query["user"].ToString() is { Length: > 0 } text ? text : null;
        var after = SessionCursor.Read(context.Request.Query["after"]);
        var slice = user is null
            ? await _reader.ListAsync(after, context.RequestAborted)
            : await _reader.FindAsync(user, after, context.RequestAborted);
        var page = new ListPage(Describe(context, root), _reader.Now, _reader.ExpiresAt)
        {
            UserId = user,
            IsFirst = after is null,
            ShowsClients = _options.Value.TrackClientInfo || slice.Sessions.Any(session => session.Client is not null),
            IsLocal = _store is DistributedCacheSessionStore && !string.Equals(_store.Name, "memory", StringComparison.Ordinal),
            Notice = await NoticeAsync(context, root),
        };
        await DashboardResponse.WritePageAsync(context, page.Render(_history.Read(), slice));
    }

    public async Task SessionAsync(HttpContext context, string root)
    {
        var page = new SessionPage(Describe(context, root), _reader.Now);
        if (!Guid.TryParseExact((string?)context.Request.RouteValues["id"], "D", out var id))
        {
            await DashboardResponse.WritePageAsync(context, page.RenderGone(default), StatusCodes.Status404NotFound);
            return;
        }

        var found = await _reader.LoadAsync(id, context.RequestAborted);
        if (found is { Record: { } session, EndReason: null })
        {
            await DashboardResponse.WritePageAsync(context, page.Render(session, _reader.ExpiresAt(session)));
            return;
        }

        await DashboardResponse.WritePageAsync(context, page.RenderGone(found), StatusCodes.Status404NotFound);
    }

    /// <summary>The counters and the chart alone, for the script.</summary>
    public Task LiveAsync(HttpContext context, string root) =>
        DashboardResponse.WritePageAsync(context, LivePart.Render(_history.Read()).ToString());

    public void WarnIfUnprotected(IServiceProvider services)
    {
        // The conventions of the application are all there only now.
        var own = services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
            .Where(endpoint => ReferenceEquals(endpoint.Metadata.GetMetadata<DashboardPages>(), this));
        if (own.FirstOrDefault(endpoint => !DashboardAccess.IsProtected(endpoint.Metadata)) is RouteEndpoint unprotected)
        {
            _logger.Unprotected(unprotected.RoutePattern.RawText?.TrimEnd('/'));
        }
    }

    public void Dispose()
    {
        _history.Dispose();
        Antiforgery.Dispose();
    }

    // What an action has come to is looked up, not believed: anybody can make an address.
    private async Task<Markup> NoticeAsync(HttpContext context, string root)
    {
        var query = context.Request.Query;
        var isAfterEnd = Guid.TryParseExact(query["ended"], "D", out var id);
        if (!isAfterEnd && !Guid.TryParseExact(query["gone"], "D", out id))
        {
            return int.TryParse(query["all"], System.Globalization.NumberStyles.None, provider: null, out var count)
                ? Notice(Markup.Of($"{count} {(count == 1 ? "session was" : "sessions were")} ended."))
                : Markup.None;
        }

        var found = await _reader.LoadAsync(id, context.RequestAborted);
        if (found is { Record: not null, EndReason: null })
        {
            return Markup.None;
        }

        var session = Markup.Of($"<a href=\"{root}/{id.ToString()}\">{id.ToString()[..8]}</a>");
        return Notice(isAfterEnd ? Markup.Of($"Session {session} was ended.") : Markup.Of($"Session {session} had ended already: {SessionPage.Words(found.EndReason)}."));

        static Markup Notice(Markup text) => Markup.Of($"<p class=\"notice\" role=\"status\">{text}</p>");
    }

    private PageContext Describe(HttpContext context, string root)
    {
        var (name, value) = Antiforgery.TokenFor(context);
        return new PageContext(
            root, _store.Name, context.User.Identity is { IsAuthenticated: true } ? Operator.NameOf(context) : null, Operator.SessionIdOf(context), name, value);
    }

    // From the request, which alone knows the path base, the groups around and the values of their parameters.
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
