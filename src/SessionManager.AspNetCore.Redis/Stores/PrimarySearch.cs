using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// Looks for the primaries as soon as a connection is lost or a server says that it is a replica. StackExchange.Redis
/// alone asks a server for its role only once in <c>configCheckSeconds</c>: until then writes fail, and reads come from
/// the server that was the primary.
/// </summary>
internal sealed class PrimarySearch : IDisposable
{
    private const int MostRounds = 60;

    // A search is a few commands to each server.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IConnectionMultiplexer _multiplexer;
    private readonly Action<IConnectionMultiplexer> _searched;
    private readonly CancellationTokenSource _stop = new();
    private int _searching;

    /// <param name="multiplexer">The connection.</param>
    /// <param name="searched">Called after each search.</param>
    public PrimarySearch(IConnectionMultiplexer multiplexer, Action<IConnectionMultiplexer> searched)
    {
        (_multiplexer, _searched) = (multiplexer, searched);
        multiplexer.ConnectionFailed += ConnectionFailed;
        multiplexer.ErrorMessage += ErrorMessage;
    }

    /// <summary>The connected servers that take themselves for a primary.</summary>
    public static IReadOnlyList<IServer> PrimariesOf(IConnectionMultiplexer multiplexer) =>
        [.. multiplexer.GetServers().Where(static server => server is { IsConnected: true, IsReplica: false })];

    /// <summary>Whether a server has a part of the keys, as in a cluster or behind a proxy, so that there may be
    /// several primaries.</summary>
    public static bool HasPart(IServer server) => server.ServerType != ServerType.Standalone;

    /// <summary>Begins a search, unless there is one.</summary>
    public void Begin()
    {
        if (Interlocked.CompareExchange(ref _searching, 1, 0) == 0)
        {
            // Not on the thread that reads the connection.
            _ = Task.Run(SearchAsync);
        }
    }

    /// <summary>Throws while several servers take themselves for the primary, and looks for the one that is.</summary>
    /// <exception cref="RedisException">There are several primaries, and the servers are no cluster.</exception>
    public void ThrowIfContested()
    {
        if (CountPrimaries(out var haveParts) > 1 && !haveParts)
        {
            Begin();
            throw new RedisException(
                "Several servers take themselves for the primary, so none is asked until the others are replicas. "
                + "Servers that refuse INFO (ACL: +info) can't be told apart.");
        }
    }

    public void Dispose()
    {
        _multiplexer.ConnectionFailed -= ConnectionFailed;
        _multiplexer.ErrorMessage -= ErrorMessage;
        // Not disposed: a search may still ask for the token.
        _stop.Cancel();
    }

    private async Task SearchAsync()
    {
        try
        {
            for (var round = 0; round < MostRounds; round++)
            {
                await _multiplexer.ConfigureAsync();
                _searched(_multiplexer);
                var isFound = IsFound();
                await Task.Delay(Pause, _stop.Token);
                if (isFound)
                {
                    break;
                }
            }
        }
        catch (Exception)
        {
            // The next failure begins another search.
        }
        finally
        {
            Volatile.Write(ref _searching, 0);
        }
    }

    private bool IsFound()
    {
        var found = CountPrimaries(out var haveParts);
        return haveParts
            ? _multiplexer.GetServers().All(static server => server.IsReplica || server.IsConnected)
            : found == 1;
    }

    // Before and after each command, and so without a list.
    private int CountPrimaries(out bool haveParts)
    {
        var primaries = 0;
        haveParts = false;
        foreach (var server in _multiplexer.GetServers())
        {
            if (server.IsConnected)
            {
                haveParts |= HasPart(server);
                primaries += server.IsReplica ? 0 : 1;
            }
        }

        return primaries;
    }

    private void ConnectionFailed(object? sender, ConnectionFailedEventArgs failure)
    {
        if (failure.ConnectionType == ConnectionType.Interactive)
        {
            Begin();
        }
    }

    // Within the text of a script's error, before Redis 7. A primary that has been replaced first lacks its replicas.
    private void ErrorMessage(object? sender, RedisErrorEventArgs error)
    {
        if (error.Message.Contains("READONLY ", StringComparison.Ordinal)
            || error.Message.Contains("MASTERDOWN ", StringComparison.Ordinal)
            || error.Message.Contains("NOREPLICAS ", StringComparison.Ordinal))
        {
            Begin();
        }
    }
}
