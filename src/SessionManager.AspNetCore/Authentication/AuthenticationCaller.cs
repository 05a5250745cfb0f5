using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Tells the authentication middleware, which asks for the user of every request, from those who need the
/// user.</summary>
internal sealed class AuthenticationCaller(IAuthenticationSchemeProvider schemes)
{
    // The default scheme of AddIdentityApiEndpoints asks for a bearer token, and then for the session, without
    // forwarding.
    private const string BearerOrSession = "Identity.BearerAndApplication";

    // Schemes that forward to each other without end never authenticate.
    private const int MaxForwards = 8;

    /// <summary>The run of the middleware that a request is in, or has been through: an error page has one of its
    /// own.</summary>
    public static object? RunOf(HttpContext context) => context.Features[typeof(IAuthenticationFeature)];

    /// <summary>Whether it is the middleware that authenticates by a scheme: the first to do so in its run, by the
    /// default scheme.</summary>
    public async ValueTask<bool> IsMiddlewareAsync(HttpContext context, string scheme, object? answered)
    {
        if (RunOf(context) is not { } run
            || ReferenceEquals(run, answered)
            || await schemes.GetDefaultAuthenticateSchemeAsync() is not { } main)
        {
            return false;
        }

        return await LeadsToAsync(context, main.Name, scheme);
    }

    /// <summary>Whether the user may be asked for in front of <c>UseSessionManager</c>, or without it, and had better
    /// be known by then: not for files, unless authorization decides on them.</summary>
    public async ValueTask<bool> MayBeAskedAsync(HttpContext context, RequestSession session) =>
        context.GetEndpoint() is not { } endpoint
            ? await HasFallbackPolicyAsync(context) || await MayBeCallbackAsync(context)
            : !(EndpointSettings.IsForAsset(endpoint.Metadata) || session.IsDisabled)
                || await IsAuthorizedAsync(context);

    /// <summary>Whether authorization decides on the request.</summary>
    public static async ValueTask<bool> IsAuthorizedAsync(HttpContext context) =>
        !LetsAnybodyPass(context)
            && (HasPolicy(context.GetEndpoint()?.Metadata) || await HasFallbackPolicyAsync(context));

    /// <summary>Whether authorization lets anybody pass. It asks for the user all the same, for whoever may want to
    /// know.</summary>
    public static bool LetsAnybodyPass(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    /// <summary>Whether the request is sent to the callback of a remote scheme, which signs a user in anew, whatever
    /// properties the application gave it on the way.</summary>
    public async ValueTask<bool> IsCallbackAsync(HttpContext context)
    {
        foreach (var scheme in await schemes.GetRequestHandlerSchemesAsync())
        {
            if (await OptionsOfAsync(context, scheme.Name)
                is RemoteAuthenticationOptions { CallbackPath: var callback } && callback == context.Request.Path)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasPolicy(EndpointMetadataCollection? metadata) =>
        metadata is not null
        && (metadata.GetMetadata<IAuthorizeData>() is not null
            || metadata.GetMetadata<AuthorizationPolicy>() is not null
            || metadata.GetMetadata<IAuthorizationRequirementData>() is not null);

    private static async ValueTask<bool> HasFallbackPolicyAsync(HttpContext context) =>
        context.RequestServices.GetService<IAuthorizationPolicyProvider>() is { } policies
            && await policies.GetFallbackPolicyAsync() is not null;

    // Remote schemes handle requests of their own within the middleware, and may ask for the signed-in user there. A
    // file, or the page of a folder, is only taken for such a request at the path that it is sent to.
    private async ValueTask<bool> MayBeCallbackAsync(HttpContext context)
    {
        var remote = await schemes.GetRequestHandlerSchemesAsync();
        return MayBeFile(context.Request) ? await IsCallbackAsync(context) : remote.Any();
    }

    /// <summary>Whether the request is for a file, as far as can be told before it is answered.</summary>
    public static bool IsForFile(HttpContext context) =>
        context.GetEndpoint() is { } endpoint
            ? EndpointSettings.IsForAsset(endpoint.Metadata)
            : Path.HasExtension(context.Request.Path.Value);

    private static bool MayBeFile(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && (request.Path.Value is [.., '/'] || Path.HasExtension(request.Path.Value));

    // From handler to handler, as each of them forwards.
    private static async ValueTask<bool> LeadsToAsync(HttpContext context, string from, string scheme)
    {
        string? next = from;
        for (var i = 0; i < MaxForwards && next is not null; i++)
        {
            if (string.Equals(next, scheme, StringComparison.Ordinal))
            {
                return true;
            }

            next = string.Equals(next, BearerOrSession, StringComparison.Ordinal)
                ? IdentityConstants.ApplicationScheme
                : await OptionsOfAsync(context, next) is { } options
                ? options.ForwardAuthenticate ?? options.ForwardDefaultSelector?.Invoke(context)
                    ?? options.ForwardDefault
                : null;
        }

        return false;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The handler itself reads the property.")]
    private static async ValueTask<AuthenticationSchemeOptions?> OptionsOfAsync(HttpContext context, string scheme)
    {
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        var handler = await handlers.GetHandlerAsync(context, scheme);
        for (var type = handler?.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(AuthenticationHandler<>))
            {
                var options = type.GetProperty(nameof(AuthenticationHandler<AuthenticationSchemeOptions>.Options));
                return options?.GetValue(handler) as AuthenticationSchemeOptions;
            }
        }

        return null;
    }
}
