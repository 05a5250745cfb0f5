using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A way to a server, on a port of its own, that a test can cut or make silent.</summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _sockets = [];
    private readonly Func<int> _target;
    private readonly Task _accepting;
    private TaskCompletionSource _requests = Opened();
    private TaskCompletionSource _answers = Opened();
    private bool _isCut;

    /// <param name="target">The port of the server, asked for at each connection.</param>
    public RedisLink(Func<int> target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Configuration => $"127.0.0.1:{Port}";

    /// <summary>Closes all connections, and each new one at once.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _isCut = true;
            _sockets.ForEach(static socket => socket.Dispose());
            _sockets.Clear();
        }
    }

    /// <summary>Lets nothing through and closes nothing, as a network that drops all packets. What is sent arrives when
    /// the link is healed, even if its connection has been closed by then.</summary>
    public void Silence() => _requests = _answers = Closed();

    /// <summary>Lets requests through, and no answers.</summary>
    public void SilenceAnswers() => _answers = Closed();

    public void Heal()
    {
        _isCut = false;
        _requests.TrySetResult();
        _answers.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Cut();
        Heal();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private static TaskCompletionSource Closed() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Opened()
    {
        var gate = Closed();
        gate.SetResult();
        return gate;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_end.Token);
            client.NoDelay = true;
            var server = new TcpClient { NoDelay = true };
            lock (_lock)
            {
                if (_isCut)
                {
                    client.Dispose();
                    server.Dispose();
                    continue;
                }

                _sockets.AddRange([client, server]);
            }

            _ = ForwardAsync(client, server);
        }
    }

    private async Task ForwardAsync(TcpClient client, TcpClient server)
    {
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target(), _end.Token);
            await Task.WhenAll(
                PumpAsync(client, server, () => _requests.Task), PumpAsync(server, client, () => _answers.Task));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException
            or InvalidOperationException or OperationCanceledException)
        {
            // One of the two has closed the connection, or there is no server.
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }

    // Reads at once, so that nothing is lost with the sender's connection, and passes on while the gate is open.
    private async Task PumpAsync(TcpClient from, TcpClient to, Func<Task> gate)
    {
        var chunks = Channel.CreateUnbounded<byte[]>();
        var reading = ReadAsync();
        await foreach (var chunk in chunks.Reader.ReadAllAsync(_end.Token))
        {
            await gate().WaitAsync(_end.Token);
            await to.GetStream().WriteAsync(chunk, _end.Token);
        }

        await reading;
        await gate().WaitAsync(_end.Token);
        to.Client.Shutdown(SocketShutdown.Send);

        async Task ReadAsync()
        {
            var buffer = new byte[65_536];
            try
            {
                while (await from.GetStream().ReadAsync(buffer, _end.Token) is var count and > 0)
                {
                    await chunks.Writer.WriteAsync(buffer[..count], _end.Token);
                }
            }
            catch (IOException)
            {
                // Reset by the sender: what it sent before is passed on all the same.
            }
            finally
            {
                chunks.Writer.Complete();
            }
        }
    }
}
