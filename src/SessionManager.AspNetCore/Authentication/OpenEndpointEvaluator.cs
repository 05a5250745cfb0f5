using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>The framework's evaluator asks for the user also where an endpoint is open to all, and does not decide by it. While nobody knows the
/// user, that is left to the endpoint: a page that does not ask is served with the store down.</summary>
internal sealed class OpenEndpointEvaluator(IAuthorizationService authorization) : PolicyEvaluator(authorization)
{
    public override Task<AuthenticateResult> AuthenticateAsync(AuthorizationPolicy policy, HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(context);
        return policy.AuthenticationSchemes.Count == 0
            && context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            && context.Features[typeof(IAuthenticateResultFeature)] is SessionUser
                ? Task.FromResult(AuthenticateResult.NoResult())
                : base.AuthenticateAsync(policy, context);
    }
}
