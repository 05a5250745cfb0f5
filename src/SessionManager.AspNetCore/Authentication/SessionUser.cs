using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>
/// <c>HttpContext.User</c> of a request whose user nobody may ask for. Asking authenticates, with the claims
/// transformations of the application; it waits for the store if the session is not loaded yet, and throws when the
/// store can't be reached: then it is not known that there is no user.
/// </summary>
internal sealed class SessionUser : IHttpAuthenticationFeature, IAuthenticateResultFeature
{
    private static readonly AuthenticateResult NotAsked =
        Microsoft.AspNetCore.Authentication.AuthenticateResult.NoResult();

    private readonly HttpContext _context;
    private readonly string _scheme;
    private readonly RequestSession _session;
    private readonly IHttpAuthenticationFeature? _before;
    private readonly AsyncLocal<bool> _isAsking = new();
    private volatile bool _isSet;
    private ClaimsPrincipal? _user;
    private AuthenticateResult? _result;

    private SessionUser(HttpContext context, string scheme, RequestSession session)
    {
        (_context, _scheme, _session) = (context, scheme, session);
        _before = (IHttpAuthenticationFeature?)context.Features[typeof(IHttpAuthenticationFeature)];
    }

    public ClaimsPrincipal? User
    {
        get
        {
            Ask();
            return _user;
        }

        set
        {
            // Authorization that lets anybody pass sets nobody where it found nobody. Whoever asks is still told that
            // the user is not known.
            if (!_session.HasFailed || value?.Identity?.IsAuthenticated == true)
            {
                (_user, _result, _isSet) = (value, null, true);
            }
        }
    }

    /// <summary>What authorization looks at, and few others. It looks also where it lets anybody pass: there that is no
    /// use of the session, which could fail, and no reason to load it for a file.</summary>
    public AuthenticateResult? AuthenticateResult
    {
        get
        {
            if (!_isSet
                && AuthenticationCaller.LetsAnybodyPass(_context)
                && (_session.HasFailed || EndpointSettings.IsForAsset(_context.GetEndpoint()?.Metadata)))
            {
                return NotAsked;
            }

            Ask();
            return _result;
        }

        set => (_result, _user, _isSet) = (value, value?.Principal, true);
    }

    /// <summary>Puts itself in front of the request's user.</summary>
    public static void Attach(HttpContext context, string scheme, RequestSession session)
    {
        if (context.Features[typeof(IHttpAuthenticationFeature)] is SessionUser { _isSet: false } before
            && ReferenceEquals(before._session, session))
        {
            return;
        }

        var user = new SessionUser(context, scheme, session);
        context.Features[typeof(IHttpAuthenticationFeature)] = user;
        context.Features[typeof(IAuthenticateResultFeature)] = user;
    }

    private void Ask()
    {
        if (_isSet)
        {
            return;
        }

        if (_isAsking.Value || (_session.IsClosed && _session.State.LoadState != LoadState.Loaded))
        {
            // A claims transformation asks for the user it is to make; or the request is over, and its answer too.
            _user ??= _before?.User;
            return;
        }

        _isAsking.Value = true;
        try
        {
            var result = _context.AuthenticateAsync(_scheme).GetAwaiter().GetResult();
            (_result, _user) = result.Succeeded ? (result, result.Principal) : (null, _before?.User);
            _isSet = true;
        }
        finally
        {
            _isAsking.Value = false;
        }
    }
}
