using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Distributed;

using SessionManager.AspNetCore.Storage;
namespace SessionManager.AspNetCore.Stores;

/// <summary>Checks whether a cache keeps its entries. The probe writes, reads and removes an entry.</summary>
internal static class CacheProbe
{
    // The entry expires if the removal fails.
    private static readonly DistributedCacheEntryOptions Entry =
        new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) };

    public static async ValueTask RunAsync(
        IDistributedCache cache,
        StoreCall calls,
        string prefix,
        string storeName,
        CancellationToken cancellationToken)
    {
        var written = RandomNumberGenerator.GetBytes(16);
        var id = new Guid(written);
        var read = await calls.RunAsync(
            static async (probe, token) =>
            {
                await probe.cache.SetAsync(probe.key, probe.written, Entry, token);
                var read = await probe.cache.GetAsync(probe.key, token);
                await probe.cache.RemoveAsync(probe.key, token);
                return read;
            },
            (cache, key: $"{prefix}probe:{id:N}", written),
            id,
            cancellationToken);
        if (!written.AsSpan().SequenceEqual(read))
        {
            throw new SessionStoreException(
                $"The session store '{storeName}' gave back something else than was written.");
        }
    }
}
