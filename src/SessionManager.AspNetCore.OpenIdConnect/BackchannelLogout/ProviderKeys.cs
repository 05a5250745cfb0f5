using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>Asks for the metadata and keys of one provider. The provider is asked at most once a minute, however many
/// tokens come that name a key that nobody knows, or while the provider can't be reached.</summary>
internal sealed class ProviderKeys(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Task<OpenIdConnectConfiguration>? _last;
    private DateTimeOffset? _fetchedAt;

    /// <summary>Returns the metadata that the manager has, or fetches it. A fetch that failed is not repeated within a
    /// minute. A caller that goes away does not cancel it.</summary>
    public Task<OpenIdConnectConfiguration> GetAsync(IConfigurationManager<OpenIdConnectConfiguration> manager)
    {
        lock (_lock)
        {
            if (_last is { IsCompleted: false } || (_last is { IsCompletedSuccessfully: false } && !IsDue()))
            {
                return _last;
            }

            _last = manager.GetConfigurationAsync(CancellationToken.None);
            if (!_last.IsCompletedSuccessfully)
            {
                // The manager did not have it, so this is a fetch.
                _fetchedAt = time.GetUtcNow();
            }

            return _last;
        }
    }

    /// <summary>Has the manager fetch the keys again, because a token names a key that is not among them. The next
    /// tokens find the new keys.</summary>
    public void Refresh(IConfigurationManager<OpenIdConnectConfiguration> manager)
    {
        lock (_lock)
        {
            if (!IsDue())
            {
                return;
            }

            _fetchedAt = time.GetUtcNow();
        }

        manager.RequestRefresh();
    }

    private bool IsDue() => _fetchedAt is not { } at || time.GetUtcNow() - at >= Pause;
}
