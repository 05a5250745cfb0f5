using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace SessionManager.AspNetCore.Dashboard.Access;

/// <summary>Who may see the dashboard: whom its authorization lets through; without any, a developer at this machine.</summary>
internal sealed class DashboardAccess(IHostEnvironment environment)
{
    private static readonly string[] ProxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

    /// <summary>Whether somebody has said who may see it. A policy for all endpoints that have none is not meant for this one.</summary>
    public static bool IsProtected(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<IAllowAnonymous>() is null
        && (metadata.GetMetadata<IAuthorizeData>() is not null
            || metadata.GetMetadata<AuthorizationPolicy>() is not null
            || metadata.GetMetadata<IAuthorizationRequirementData>() is not null);

    public bool Allows(HttpContext context) =>
        (context.GetEndpoint() is { } endpoint && IsProtected(endpoint.Metadata)) || (environment.IsDevelopment() && IsLocal(context.Request));

    // Not a proxy on this machine, which brings the requests of others; not a name of somebody else's that resolves to this machine (DNS
    // rebinding), with which a page from there could read this one.
    private static bool IsLocal(HttpRequest request) =>
        IsLocal(request.HttpContext.Connection) && IsLocal(request.Host.Host) && !ProxyHeaders.Any(request.Headers.ContainsKey);

    // Without addresses it did not come over a network.
    private static bool IsLocal(ConnectionInfo connection) =>
        connection.RemoteIpAddress is { } remote ? IPAddress.IsLoopback(remote) : connection.LocalIpAddress is null;

    private static bool IsLocal(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
