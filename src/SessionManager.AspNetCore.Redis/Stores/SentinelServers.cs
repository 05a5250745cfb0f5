using System.Net;
using SessionManager.AspNetCore.Redis.Configuration;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The servers that Sentinel names for a connection string with a <c>serviceName</c>. StackExchange.Redis would ask
/// Sentinel by itself, but with calls that block threads of the thread pool. After a crash there were so many that
/// a small machine held all requests for seconds.
/// </summary>
/// <param name="settings">The addresses of the sentinels, their name for the primary, and how to connect.</param>
internal sealed class SentinelServers(ConfigurationOptions settings) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private ConnectionMultiplexer? _sentinels;
    private HashSet<EndPoint> _servers = [];

    /// <summary>Connects to the primary and its replicas. Which of the servers is the primary, they say themselves.
    /// </summary>
    /// <exception cref="RedisException">No sentinel names the servers.</exception>
    public async Task<IConnectionMultiplexer> ConnectAsync()
    {
        var servers = await FindAsync();
        var multiplexer = await ConnectionMultiplexer.ConnectAsync(ConnectionSettings.ForServers(settings, servers));
        _servers = servers;
        return multiplexer;
    }

    /// <summary>Completes when the sentinels name a server that the last connection doesn't have.</summary>
    public async Task WaitForNewServerAsync(CancellationToken cancellationToken)
    {
        do
        {
            await Task.Delay(Pause, cancellationToken);
        }
        while ((await FindAsync()).IsSubsetOf(_servers));
    }

    public async ValueTask DisposeAsync()
    {
        if (_sentinels is not null)
        {
            await _sentinels.DisposeAsync();
        }
    }

    // All sentinels are asked: one that was cut off may not know the newest server.
    private async Task<HashSet<EndPoint>> FindAsync()
    {
        _sentinels ??= await ConnectionMultiplexer.ConnectAsync(ConnectionSettings.ForSentinels(settings));
        var connected = _sentinels.GetServers().Where(static sentinel => sentinel.IsConnected);
        var answers = await Task.WhenAll(connected.Select(AskAsync));
        var servers = answers.SelectMany(static answer => answer).ToHashSet();
        return servers.Count > 0
            ? servers
            : throw new RedisException(
                $"None of {answers.Length} connected sentinels named the servers of '{settings.ServiceName}'.");
    }

    private async Task<IEnumerable<EndPoint>> AskAsync(IServer sentinel)
    {
        try
        {
            var primary = await sentinel.SentinelGetMasterAddressByNameAsync(settings.ServiceName!);
            return primary is null
                ? []
                : [primary, .. await sentinel.SentinelGetReplicaAddressesAsync(settings.ServiceName!)];
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return [];
        }
    }
}
