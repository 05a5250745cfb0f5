using System.Net;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Configuration;

/// <summary>What a connection string leaves to the store.</summary>
internal static class ConnectionSettings
{
    private const int ConfigCheckSeconds = 5;
    private const int SentinelPort = 26379;

    // The connection looks for timeouts once a second.
    private const int LeastAsyncTimeout = 1_000;

    /// <summary>Reads a connection string, and sets what sessions need.</summary>
    public static ConfigurationOptions Read(string text, TimeSpan ioTimeout)
    {
        var configuration = ConfigurationOptions.Parse(text);

        // The application starts without its Redis, a command without a connection fails at once instead of queueing
        // up, and the connection comes back by itself.
        configuration.AbortOnConnectFail = false;
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.IncludeDetailInExceptions = false;

        // So that the store can ask which snapshots the server takes. Nobody else gets this connection.
        configuration.AllowAdmin = true;
        if (!Sets(text, "configCheckSeconds"))
        {
            // A server that has become a replica, and keeps its connections, is noticed by this alone.
            configuration.ConfigCheckSeconds = ConfigCheckSeconds;
        }

        var timeout = (int)ioTimeout.TotalMilliseconds;
        if (!Sets(text, "asyncTimeout") && !Sets(text, "syncTimeout"))
        {
            // It must not cut IOTimeout short. Nor is it to be longer: a connection that is silent for four times as
            // long is taken for dead and made anew.
            configuration.AsyncTimeout = Math.Max(LeastAsyncTimeout, timeout);
        }

        // A server that refuses the connection is to be heard before the call that waits for it is given up on.
        configuration.ConnectTimeout = Math.Min(configuration.ConnectTimeout, timeout / 2);
        return configuration;
    }

    /// <summary>The settings of a connection to the sentinels that a connection string names.</summary>
    public static ConfigurationOptions ForSentinels(ConfigurationOptions settings)
    {
        var sentinels = With(settings, settings.EndPoints.Select(static endPoint => endPoint switch
        {
            DnsEndPoint { Port: 0 } dns => new DnsEndPoint(dns.Host, SentinelPort),
            IPEndPoint { Port: 0 } ip => new IPEndPoint(ip.Address, SentinelPort),
            _ => endPoint,
        }));
        sentinels.CommandMap = CommandMap.Sentinel;
        // A key, and sentinels have none.
        sentinels.TieBreaker = "";
        return sentinels;
    }

    /// <summary>The settings of a connection to the servers that the sentinels name.</summary>
    public static ConfigurationOptions ForServers(ConfigurationOptions settings, IEnumerable<EndPoint> servers) =>
        With(settings, servers);

    // Without the name StackExchange.Redis doesn't ask the sentinels by itself.
    private static ConfigurationOptions With(ConfigurationOptions settings, IEnumerable<EndPoint> endPoints)
    {
        var copy = settings.Clone();
        copy.ServiceName = null;
        copy.EndPoints.Clear();
        foreach (var endPoint in endPoints)
        {
            copy.EndPoints.Add(endPoint);
        }

        return copy;
    }

    private static bool Sets(string text, string option) =>
        text.Split(',').Any(part => part.Trim().StartsWith($"{option}=", StringComparison.OrdinalIgnoreCase));
}
