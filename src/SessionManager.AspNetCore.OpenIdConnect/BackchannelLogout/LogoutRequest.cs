using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>Reads the request of a provider (OpenID Connect Back-Channel Logout 1.0, section 2.5).</summary>
internal static class LogoutRequest
{
    private const string Field = "logout_token";
    private const int MaxBodyBytes = 64 * 1024;

    // The standard allows other fields, which are ignored.
    private static readonly FormOptions Limits = new()
    {
        KeyLengthLimit = 1024,
        ValueLengthLimit = MaxBodyBytes / 2,
        ValueCountLimit = 16,
    };

    /// <summary>Returns the token of the form.</summary>
    /// <exception cref="LogoutTokenException">The request has no form, or not exactly one token, or is too
    /// large.</exception>
    public static async Task<string> ReadTokenAsync(HttpContext context)
    {
        var request = context.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            throw new LogoutTokenException("The request has no form (application/x-www-form-urlencoded).");
        }

        if (request.ContentLength > MaxBodyBytes)
        {
            throw TooLarge();
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size
            && !(size.MaxRequestBodySize <= MaxBodyBytes))
        {
            size.MaxRequestBodySize = MaxBodyBytes;
        }

        try
        {
            // A middleware in front may have read the form.
            var feature = context.Features.Get<IFormFeature>() is { Form: not null } read
                ? read
                : new FormFeature(request, Limits);
            var form = await feature.ReadFormAsync(context.RequestAborted);
            return form[Field] is [{ Length: > 0 } token]
                ? token
                : throw new LogoutTokenException("The form does not have exactly one field 'logout_token'.");
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            throw TooLarge();
        }
    }

    private static LogoutTokenException TooLarge() => new("The form can't be read, or is too large.");
}
