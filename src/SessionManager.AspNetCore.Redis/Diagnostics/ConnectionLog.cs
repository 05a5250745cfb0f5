using System.Net;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Redis.Stores;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>Logs when the connection to a server is lost and when it is restored, and when the primaries change. A
/// connection that is lost again within a minute is counted instead.</summary>
internal sealed class ConnectionLog(TimeProvider clock, ILogger<ConnectionLog> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Link> _links = new(StringComparer.Ordinal);
    private HashSet<string> _primaries = [];

    /// <summary>Follows a connection from now on.</summary>
    public void Attach(IConnectionMultiplexer multiplexer)
    {
        multiplexer.ConnectionFailed += ConnectionFailed;
        multiplexer.ConnectionRestored += ConnectionRestored;
        multiplexer.ConfigurationChanged += ConfigurationChanged;
        foreach (var server in multiplexer.GetServers())
        {
            if (server.IsConnected)
            {
                Restore(TextOf(server.EndPoint));
            }
            else
            {
                Lose(TextOf(server.EndPoint), nameof(ConnectionFailureType.UnableToConnect));
            }
        }

        CheckPrimaries(multiplexer);
    }

    public void Detach(IConnectionMultiplexer multiplexer)
    {
        multiplexer.ConnectionFailed -= ConnectionFailed;
        multiplexer.ConnectionRestored -= ConnectionRestored;
        multiplexer.ConfigurationChanged -= ConfigurationChanged;
    }

    /// <summary>Logs what was only counted. To be called once a minute.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            foreach (var (server, link) in _links)
            {
                if (link.Unlogged > 0)
                {
                    logger.ConnectionUnstable(server, link.Unlogged);
                    link.Unlogged = 0;
                }

                if (link is { LostAt: not null, IsLogged: false })
                {
                    LogLoss(server, link);
                }
            }
        }
    }

    /// <summary>Logs that other servers than before are the primaries.</summary>
    public void CheckPrimaries(IConnectionMultiplexer multiplexer)
    {
        var primaries = PrimarySearch.PrimariesOf(multiplexer)
            .Select(static server => TextOf(server.EndPoint))
            .ToHashSet(StringComparer.Ordinal);
        lock (_lock)
        {
            // A primary that is away is a connection that was lost, and is logged as that.
            if (primaries.IsSubsetOf(_primaries))
            {
                return;
            }

            if (_primaries.Count > 0)
            {
                logger.PrimariesChanged(string.Join(", ", primaries.Order(StringComparer.Ordinal)));
            }

            _primaries = primaries;
        }
    }

    /// <summary>The address of a server.</summary>
    public static string TextOf(EndPoint? endPoint) => endPoint switch
    {
        DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        null => "(unknown)",
        _ => endPoint.ToString() ?? "(unknown)",
    };

    // Sessions need no subscription.
    private void ConnectionFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        if (failure.ConnectionType == ConnectionType.Interactive)
        {
            Lose(TextOf(failure.EndPoint), failure.FailureType.ToString());
        }
    }

    private void ConnectionRestored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored.ConnectionType == ConnectionType.Interactive)
        {
            Restore(TextOf(restored.EndPoint));
            ConfigurationChanged(sender, restored);
        }
    }

    private void ConfigurationChanged(object? sender, EventArgs change)
    {
        if (sender is IConnectionMultiplexer multiplexer)
        {
            CheckPrimaries(multiplexer);
        }
    }

    private void Lose(string server, string failure)
    {
        lock (_lock)
        {
            if (!_links.TryGetValue(server, out var link))
            {
                _links[server] = link = new Link();
            }

            // Each try to connect again that fails is another failure.
            if (link.LostAt is not null)
            {
                return;
            }

            (link.LostAt, link.Failure) = (clock.GetUtcNow(), failure);
            if (link.LoggedAt is { } loggedAt && clock.GetUtcNow() - loggedAt < Interval)
            {
                link.Unlogged++;
                return;
            }

            LogLoss(server, link);
        }
    }

    private void Restore(string server)
    {
        lock (_lock)
        {
            if (_links.TryGetValue(server, out var link) && link.LostAt is { } lostAt)
            {
                link.LostAt = null;
                if (link.IsLogged)
                {
                    link.IsLogged = false;
                    logger.ConnectionRestored(server, clock.GetUtcNow() - lostAt);
                }
            }
        }
    }

    private void LogLoss(string server, Link link)
    {
        (link.IsLogged, link.LoggedAt) = (true, clock.GetUtcNow());
        logger.ConnectionLost(server, link.Failure);
    }

    private sealed class Link
    {
        public DateTimeOffset? LostAt { get; set; }

        public string Failure { get; set; } = "";

        public bool IsLogged { get; set; }

        public DateTimeOffset? LoggedAt { get; set; }

        /// <summary>How often the connection was lost without a log event.</summary>
        public int Unlogged { get; set; }
    }
}
