using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>Remembers the logout tokens that were used, in the application's cache. All nodes that share the cache know
/// them. Two nodes that get the same token at the same moment may both accept it, which ends nothing more.</summary>
internal sealed class UsedTokens(IDistributedCache cache, IOptions<SessionManagerOptions> options)
{
    private static readonly byte[] Used = [1];

    // The tokens that this process is using right now.
    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

    /// <summary>Uses a token once.</summary>
    /// <param name="token">The token.</param>
    /// <param name="timeToLive">How long the token would be accepted if it were not remembered.</param>
    /// <param name="useAsync">Uses the token. When it throws, the token was not used.</param>
    /// <returns>The result of the use.</returns>
    /// <exception cref="LogoutTokenException">The token was used before.</exception>
    public async Task<int> UseAsync(LogoutToken token, TimeSpan timeToLive, Func<Task<int>> useAsync)
    {
        var key = KeyOf(token);
        if (!_running.TryAdd(key, value: true))
        {
            throw new LogoutTokenException("The token was used before (jti).");
        }

        try
        {
            if (await cache.GetAsync(key).WaitAsync(options.Value.IOTimeout) is not null)
            {
                throw new LogoutTokenException("The token was used before (jti).");
            }

            var result = await useAsync();
            var entry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = timeToLive };
            await cache.SetAsync(key, Used, entry).WaitAsync(options.Value.IOTimeout);
            return result;
        }
        finally
        {
            _running.TryRemove(key, out _);
        }
    }

    // The id of a token is unique for its issuer. The key shows neither.
    private string KeyOf(LogoutToken token)
    {
        var name = Encoding.UTF8.GetBytes($"{token.Issuer}\n{token.TokenId}");
        return $"{options.Value.KeyPrefix}logout-token:{Convert.ToHexStringLower(SHA256.HashData(name))}";
    }
}
