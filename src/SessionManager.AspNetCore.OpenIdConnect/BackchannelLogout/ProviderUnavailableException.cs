namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>The keys of a provider can't be fetched, so it is not known whether a logout token is valid.</summary>
internal sealed class ProviderUnavailableException(string scheme, Exception fault)
    : Exception($"The keys of the provider of the scheme '{scheme}' can't be fetched.", fault);
