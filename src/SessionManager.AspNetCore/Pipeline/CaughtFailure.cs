using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// A handler that throws saves nothing; but somebody between the handler and us may catch what it throws and answer.
/// Two of them leave a mark by which their answer is known for a failure: gRPC, which writes the status of the call,
/// and the request timeout, whose token is cancelled.
/// </summary>
internal sealed class CaughtFailure
{
    private readonly HttpContext _context;
    private readonly bool _isGrpc;
    private IHttpResponseTrailersFeature? _trailers;
    private CancellationToken _timeout;
    private Exception? _raised;

    private CaughtFailure(HttpContext context, bool isGrpc) => (_context, _isGrpc) = (context, isGrpc);

    /// <summary>Whether the handler's failure has become an answer.</summary>
    public bool IsAnswered =>
        (_isGrpc && (GrpcCall.HasFailed(_context.Response.Headers) || HasFailed(_trailers) || HasFailed(Trailers)))
        || (_timeout.IsCancellationRequested && _context.Response.StatusCode == TimeoutStatus());

    private IHttpResponseTrailersFeature? Trailers => _context.Features.Get<IHttpResponseTrailersFeature>();

    /// <summary>Looks who may catch the failure of a request that changes its session; <see langword="null"/>: nobody
    /// is known.</summary>
    public static CaughtFailure? Look(HttpContext context, CaughtFailure? known)
    {
        var isGrpc = known?._isGrpc ?? GrpcCall.Is(context);
        var timeout = context.Features[typeof(IHttpRequestTimeoutFeature)] as IHttpRequestTimeoutFeature;
        if (!isGrpc && timeout is null)
        {
            return known;
        }

        known ??= new CaughtFailure(context, isGrpc);
        if (timeout is not null)
        {
            known._timeout = timeout.RequestTimeoutToken;
        }

        if (isGrpc && !(known._trailers is { } trailers && GrpcCall.HasStatus(trailers.Trailers)))
        {
            // Those of gRPC-Web are its own, and are there only within it.
            known._trailers = known.Trailers;
        }

        return known;
    }

    /// <summary>The session fails, and the application gets to know. Should gRPC catch that, its client is
    /// told.</summary>
    /// <returns><see langword="false"/>, for a filter of exceptions.</returns>
    public static bool Note(HttpContext? context, Exception failure)
    {
        if (context is not null
            && GrpcCall.StatusOf(failure) is not null
            && RequestSessions.Find(context) is { } session)
        {
            session.Response.LookForCaught()?.Raise(failure);
        }

        return false;
    }

    /// <summary>The same, for what is about to be thrown.</summary>
    public static TException Noted<TException>(HttpContext? context, TException failure)
        where TException : Exception
    {
        Note(context, failure);
        return failure;
    }

    /// <summary>The same, for what a task may fail with.</summary>
    public static async Task<T> NotedAsync<T>(HttpContext? context, Task<T> task)
    {
        try
        {
            return await task;
        }
        catch (Exception exception) when (Note(context, exception))
        {
            throw;
        }
    }

    /// <summary>Tells a client of gRPC what the session failed with, where gRPC could only say that something was
    /// thrown.</summary>
    /// <returns>What that was; <see langword="null"/>: it was something else, or the application has chosen what the
    /// client is told.</returns>
    public Exception? TellOwn()
    {
        if (!_isGrpc || _raised is not { } failure || FindThrown() is not { } place)
        {
            return null;
        }

        return TrySet(place, failure) ? failure : null;
    }

    /// <summary>Tells a client of gRPC that changes were not saved though the method succeeded, in the trailers that
    /// are still to leave.</summary>
    public bool TryTellInTrailers(Exception failure) =>
        _isGrpc && Trailers?.Trailers is { IsReadOnly: false } trailers && GrpcCall.HasStatus(trailers)
            && TrySet(trailers, failure);

    private static bool HasFailed(IHttpResponseTrailersFeature? feature) =>
        feature is not null && GrpcCall.HasFailed(feature.Trailers);

    private static bool TrySet(IHeaderDictionary headers, Exception failure)
    {
        try
        {
            GrpcCall.SetStatus(headers, failure);
            return true;
        }
        catch (InvalidOperationException)
        {
            // They have just left: a deadline ends a response from another thread.
            return false;
        }
    }

    private void Raise(Exception failure) => _raised = failure;

    private IHeaderDictionary? FindThrown()
    {
        IHeaderDictionary?[] places = _context.Response.HasStarted
            ? [Trailers?.Trailers, _trailers?.Trailers]
            : [_context.Response.Headers];
        return Array.Find(places, place => place is { IsReadOnly: false } && GrpcCall.HasThrown(place));
    }

    // As the middleware chooses it.
    private int TimeoutStatus()
    {
        var metadata = _context.GetEndpoint()?.Metadata;
        var policy = metadata?.GetMetadata<RequestTimeoutPolicy>();
        var monitor = _context.RequestServices?.GetService<IOptionsMonitor<RequestTimeoutOptions>>();
        if (policy is null && monitor?.CurrentValue is { } options)
        {
            policy = metadata?.GetMetadata<RequestTimeoutAttribute>() is { } attribute
                ? attribute.PolicyName is { } name && options.Policies.TryGetValue(name, out var named) ? named : null
                : options.DefaultPolicy;
        }

        return policy?.TimeoutStatusCode ?? StatusCodes.Status504GatewayTimeout;
    }
}
