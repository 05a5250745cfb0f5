using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Tells the authentication middleware, which asks for the user of every request, from those who need the user.</summary>
internal sealed class AuthenticationCaller(IAuthenticationSchemeProvider schemes)
{
    /// <summary>The run of the middleware that a request is in, or has been through: an error page has one of its own.</summary>
    public static object? RunOf(HttpContext context) => context.Features[typeof(IAuthenticationFeature)];

    /// <summary>Whether it is the middleware that authenticates by a scheme: the first to do so in its run, by the default scheme.</summary>
    public async ValueTask<bool> IsMiddlewareAsync(HttpContext context, string scheme, object? answered)
    {
        if (RunOf(context) is not { } run
            || ReferenceEquals(run, answered)
            || await schemes.GetDefaultAuthenticateSchemeAsync() is not { } main)
        {
            return false;
        }

        return string.Equals(main.Name, scheme, StringComparison.Ordinal)
            || (main.HandlerType == typeof(PolicySchemeHandler)
                && string.Equals(await ResolveAsync(context, main.Name), scheme, StringComparison.Ordinal));
    }

    /// <summary>Whether the user may be asked for in front of <c>UseSessionManager</c>, or without it, and had better be known by then: not for
    /// files, unless authorization decides on them.</summary>
    public async ValueTask<bool> MayBeAskedAsync(HttpContext context) => context.GetEndpoint() is null
        ? await HasFallbackPolicyAsync(context) || await MayBeCallbackAsync(context)
        : !IsForAsset(context) || await IsAuthorizedAsync(context);

    /// <summary>Whether authorization decides on the request.</summary>
    public static async ValueTask<bool> IsAuthorizedAsync(HttpContext context) =>
        !LetsAnybodyPass(context) && (HasPolicy(context.GetEndpoint()?.Metadata) || await HasFallbackPolicyAsync(context));

    /// <summary>Whether authorization lets anybody pass. It asks for the user all the same, for whoever may want to know.</summary>
    public static bool LetsAnybodyPass(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    /// <summary>Whether the request is for a static asset.</summary>
    public static bool IsForAsset(HttpContext context) =>
        context.GetEndpoint()?.Metadata is { } metadata
        && metadata.GetMetadata<StaticAssetDescriptor>() is not null
        && metadata.GetMetadata<SessionAttribute>() is null;

    private static bool HasPolicy(EndpointMetadataCollection? metadata) =>
        metadata is not null
        && (metadata.GetMetadata<IAuthorizeData>() is not null
            || metadata.GetMetadata<AuthorizationPolicy>() is not null
            || metadata.GetMetadata<IAuthorizationRequirementData>() is not null);

    private static async ValueTask<bool> HasFallbackPolicyAsync(HttpContext context) =>
        context.RequestServices.GetService<IAuthorizationPolicyProvider>() is { } policies && await policies.GetFallbackPolicyAsync() is not null;

    // Remote schemes handle requests of their own within the middleware, and may ask for the signed-in user there.
    private async ValueTask<bool> MayBeCallbackAsync(HttpContext context) =>
        !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)) || !Path.HasExtension(context.Request.Path.Value)
            ? (await schemes.GetRequestHandlerSchemesAsync()).Any()
            : false;

    private static async ValueTask<string?> ResolveAsync(HttpContext context, string policyScheme)
    {
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        return await handlers.GetHandlerAsync(context, policyScheme) is AuthenticationHandler<PolicySchemeOptions> { Options: var options }
            ? options.ForwardAuthenticate ?? options.ForwardDefaultSelector?.Invoke(context) ?? options.ForwardDefault
            : null;
    }
}
