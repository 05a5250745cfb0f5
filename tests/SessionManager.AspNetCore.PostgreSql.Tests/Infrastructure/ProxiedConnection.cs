using System.Net;
using System.Net.Sockets;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>A connection through the proxy.</summary>
internal sealed class ProxiedConnection
{
    private readonly TcpProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Lock _lock = new();
    private TaskCompletionSource _idle = Completed();

    public ProxiedConnection(TcpProxy proxy, Socket client, int port)
    {
        (_proxy, _client) = (proxy, client);
        _client.NoDelay = true;
        Running = RunAsync(port);
    }

    public Task Running { get; }

    /// <summary>Completes when the server has answered all that it was sent, or has gone.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            return _idle.Task;
        }
    }

    public void Close()
    {
        _client.Close(0);
        _server.Close(0);
    }

    private async Task RunAsync(int port)
    {
        try
        {
            await _server.ConnectAsync(IPAddress.Loopback, port);
            await Task.WhenAll(SendAsync(), ReceiveAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One side has closed it.
        }
        finally
        {
            Close();
            Idle();
        }
    }

    private async Task SendAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await ReadAsync(_client, buffer) is > 0 and var count)
        {
            lock (_lock)
            {
                _idle = _idle.Task.IsCompleted ? new(TaskCreationOptions.RunContinuationsAsynchronously) : _idle;
            }

            await _proxy.Hanging;
            await _server.SendAsync(buffer.AsMemory(0, count));
        }

        _server.Shutdown(SocketShutdown.Send);
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        var isWritten = false;
        while (await ReadAsync(_server, buffer) is > 0 and var count)
        {
            var bytes = buffer.AsMemory(0, count);
            await _proxy.Hanging;
            isWritten |= bytes.Span.IndexOf("UPDATE 1\0"u8) >= 0 || bytes.Span.IndexOf("INSERT 0 1\0"u8) >= 0;
            // The last message of an answer, by when the server has committed.
            var isDone = bytes.Span.EndsWith("Z\0\0\0\u0005I"u8);
            if (isDone && isWritten && _proxy.LosesAcknowledgement())
            {
                Close();
                return;
            }

            if (isDone)
            {
                isWritten = false;
                Idle();
            }

            await _client.SendAsync(bytes);
        }

        _client.Shutdown(SocketShutdown.Send);
    }

    private static async Task<int> ReadAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private void Idle()
    {
        lock (_lock)
        {
            _idle.TrySetResult();
        }
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
