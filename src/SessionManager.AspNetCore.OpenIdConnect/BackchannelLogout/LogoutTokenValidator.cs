using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>Validates logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6) by the options and keys of
/// the OpenID Connect schemes.</summary>
/// <param name="schemes">The schemes of the application.</param>
/// <param name="options">Their options.</param>
/// <param name="names">The schemes that count; empty for all OpenID Connect schemes.</param>
/// <param name="time">The clock.</param>
internal sealed class LogoutTokenValidator(
    IAuthenticationSchemeProvider schemes,
    IOptionsMonitor<OpenIdConnectOptions> options,
    IReadOnlyCollection<string> names,
    TimeProvider time)
{
    // Section 2.4 recommends tokens that expire within two minutes.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    // More would accept expired tokens for longer than the providers mean them to live.
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(1);

    private readonly JsonWebTokenHandler _handler = new();
    private readonly ConcurrentDictionary<string, ProviderKeys> _keys = new(StringComparer.Ordinal);

    /// <summary>Validates a token.</summary>
    /// <returns>What the token says, the scheme whose provider issued it, and how long the token would be accepted from
    /// now on.</returns>
    /// <exception cref="LogoutTokenException">The token is not valid.</exception>
    /// <exception cref="ProviderUnavailableException">The keys of the provider can't be fetched.</exception>
    public async Task<(LogoutToken Token, string Scheme, TimeSpan ValidFor)> ValidateAsync(
        string text, CancellationToken cancellationToken)
    {
        var token = LogoutTokenReader.Read(text);
        LogoutTokenException? refusal = null;
        foreach (var scheme in await SchemesAsync())
        {
            var settings = options.Get(scheme);
            if (settings.ClientId is not { } client || !token.Audiences.Contains(client, StringComparer.Ordinal))
            {
                continue;
            }

            try
            {
                var validFor = CheckTimes(token, settings.TokenValidationParameters);
                await CheckSignatureAsync(text, token, scheme, settings, cancellationToken);
                return (token, scheme, validFor);
            }
            catch (LogoutTokenException exception)
            {
                // Another scheme may have the same client id at another provider.
                refusal = exception;
            }
        }

        throw refusal ?? new LogoutTokenException("The token is for another client (aud).");
    }

    private async Task<IEnumerable<string>> SchemesAsync() =>
        names.Count > 0
            ? names
            : (await schemes.GetAllSchemesAsync())
                .Where(scheme => typeof(OpenIdConnectHandler).IsAssignableFrom(scheme.HandlerType))
                .Select(scheme => scheme.Name);

    private TimeSpan CheckTimes(LogoutToken token, TokenValidationParameters parameters)
    {
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
        var skew = Math.Min(parameters.ClockSkew.TotalSeconds, MaxClockSkew.TotalSeconds);
        if (token.IssuedAt > now + skew)
        {
            throw new LogoutTokenException("The token was issued in the future (iat).");
        }

        if (token.IssuedAt < now - skew - MaxAge.TotalSeconds)
        {
            throw new LogoutTokenException("The token was issued too long ago (iat).");
        }

        if (token.ExpiresAt <= now - skew)
        {
            throw new LogoutTokenException("The token has expired (exp).");
        }

        var end = Math.Min(token.ExpiresAt, token.IssuedAt + MaxAge.TotalSeconds) + skew;
        return TimeSpan.FromSeconds(end - now + 1);
    }

    private async Task CheckSignatureAsync(
        string text,
        LogoutToken token,
        string scheme,
        OpenIdConnectOptions settings,
        CancellationToken cancellationToken)
    {
        var keys = _keys.GetOrAdd(scheme, static (_, time) => new ProviderKeys(time), time);
        var configuration = await GetConfigurationAsync(keys, scheme, settings, cancellationToken);
        var parameters = settings.TokenValidationParameters;
        if (!IsIssuer(token.Issuer, text, configuration, parameters))
        {
            throw new LogoutTokenException("The token is from another issuer (iss).");
        }

        var result = await _handler.ValidateTokenAsync(text, new TokenValidationParameters
        {
            // What is not checked here was checked before, by the application's clock.
            ValidateAudience = false,
            ValidateIssuer = false,
            ValidateLifetime = false,
            RequireExpirationTime = false,
            RequireSignedTokens = true,
            ValidAlgorithms = LogoutTokenReader.Algorithms,
            IssuerSigningKeys = [.. configuration?.SigningKeys ?? [], .. KeysOf(parameters)],
        });
        if (result.IsValid)
        {
            return;
        }

        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            if (settings.ConfigurationManager is { } manager)
            {
                keys.Refresh(manager);
            }

            throw new LogoutTokenException("The token is signed by a key that is not known to be the provider's.");
        }

        throw new LogoutTokenException("The signature of the token is not valid.");
    }

    private static async Task<OpenIdConnectConfiguration?> GetConfigurationAsync(
        ProviderKeys keys, string scheme, OpenIdConnectOptions settings, CancellationToken cancellationToken)
    {
        if (settings.ConfigurationManager is not { } manager)
        {
            return settings.Configuration;
        }

        try
        {
            return await keys.GetAsync(manager).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProviderUnavailableException(scheme, exception);
        }
    }

    private static bool IsIssuer(
        string issuer, string text, OpenIdConnectConfiguration? configuration, TokenValidationParameters parameters)
    {
        if (parameters.IssuerValidator is { } validate)
        {
            try
            {
                return validate(issuer, new JsonWebToken(text), parameters) is not null;
            }
            catch (SecurityTokenException)
            {
                return false;
            }
        }

        return string.Equals(issuer, configuration?.Issuer, StringComparison.Ordinal)
            || string.Equals(issuer, parameters.ValidIssuer, StringComparison.Ordinal)
            || parameters.ValidIssuers?.Contains(issuer, StringComparer.Ordinal) == true;
    }

    private static IEnumerable<SecurityKey> KeysOf(TokenValidationParameters parameters) =>
        parameters.IssuerSigningKey is { } key
            ? [key, .. parameters.IssuerSigningKeys ?? []]
            : parameters.IssuerSigningKeys ?? [];
}
