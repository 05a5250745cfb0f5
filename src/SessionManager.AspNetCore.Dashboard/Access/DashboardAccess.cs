using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace SessionManager.AspNetCore.Dashboard.Access;

/// <summary>Decides which requests the dashboard answers: those that its authorization lets through, and without
/// authorization those of a developer at this machine.</summary>
internal sealed class DashboardAccess(IHostEnvironment environment)
{
    private static readonly string[] ProxyHeaders =
        ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <summary>Whether an endpoint has an authorization requirement of its own. A fallback policy is not one: it was
    /// not written with the dashboard in mind.</summary>
    public static bool IsProtected(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<IAllowAnonymous>() is null
        && (metadata.GetMetadata<IAuthorizeData>() is not null
            || metadata.GetMetadata<AuthorizationPolicy>() is not null
            || metadata.GetMetadata<IAuthorizationRequirementData>() is not null);

    /// <summary>Whether the dashboard answers this request.</summary>
    public bool Allows(HttpContext context) =>
        (context.GetEndpoint() is { } endpoint && IsProtected(endpoint.Metadata))
        || (environment.IsDevelopment() && IsLocal(context.Request));

    // A proxy on this machine passes on the requests of other machines. A foreign host name that resolves to this
    // machine (DNS rebinding) would let a page from that host read the dashboard.
    private static bool IsLocal(HttpRequest request) =>
        IsLocal(request.HttpContext.Connection)
        && IsLocal(request.Host.Host)
        && !ProxyHeaders.Any(request.Headers.ContainsKey);

    // A connection without addresses did not come over a network.
    private static bool IsLocal(ConnectionInfo connection) =>
        connection.RemoteIpAddress is { } remote ? IPAddress.IsLoopback(remote) : connection.LocalIpAddress is null;

    private static bool IsLocal(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
