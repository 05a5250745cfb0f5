using System.Net;
using System.Net.Sockets;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>What lies between a store and its server: connections that break, hang, or break after a write was
/// applied.</summary>
internal sealed class TcpProxy : IMediumFaults, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<ProxiedConnection> _connections = [];
    private readonly int _port;
    private volatile bool _isFailing;
    private volatile TaskCompletionSource? _hanging;
    private int _acknowledgementsToLose;

    public TcpProxy(int port)
    {
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Completes when nothing hangs.</summary>
    public Task Hanging => _hanging?.Task ?? Task.CompletedTask;

    public Task FailAsync()
    {
        _isFailing = true;
        foreach (var connection in Connections())
        {
            connection.Close();
        }

        return Task.CompletedTask;
    }

    public Task HangAsync()
    {
        _hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Task.CompletedTask;
    }

    public Task LoseNextAcknowledgementAsync()
    {
        _acknowledgementsToLose = 1;
        return Task.CompletedTask;
    }

    public async Task HealAsync()
    {
        _isFailing = false;
        _acknowledgementsToLose = 0;
        if (Interlocked.Exchange(ref _hanging, null) is { } hanging)
        {
            var late = Connections();
            hanging.TrySetResult();
            await Task.WhenAll(late.Select(connection => connection.WhenIdleAsync()));
        }
    }

    /// <summary>Whether this acknowledgement of a write is lost.</summary>
    public bool LosesAcknowledgement() => Interlocked.Exchange(ref _acknowledgementsToLose, 0) == 1;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        _hanging?.TrySetResult();
        foreach (var connection in Connections())
        {
            connection.Close();
            await connection.Running;
        }
    }

    private List<ProxiedConnection> Connections()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (_isFailing)
            {
                client.Close(0);
                continue;
            }

            lock (_lock)
            {
                _connections.Add(new ProxiedConnection(this, client, _port));
            }
        }
    }
}
